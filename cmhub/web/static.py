"""Our own style sheets, script and pictures for pages without Reflex."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cmhub.templating import STATIC, static_address, static_file

_TYPES = {".css": "text/css", ".js": "text/javascript", ".webp": "image/webp", ".png": "image/png"}
_KINDS = {path.name: _TYPES[path.suffix] for path in STATIC.iterdir() if path.suffix in _TYPES}


async def static(request: Request) -> Response:
    """Answer the file, if the digest in its name is the present one."""
    name = next((name for name in _KINDS if static_address(name) == request.url.path), None)
    if name is None:
        return Response(status_code=404)
    return Response(
        static_file(name),
        media_type=_KINDS[name],
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


routes = [Route("/static/{name}", static, methods=["GET"])]
