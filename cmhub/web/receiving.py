"""Files that a plain form brings: judged before they are read, and never held in memory."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from cmhub.services.sessions import SessionInfo
from cmhub.web.cookies import who
from cmhub.web.forms import UnreadableForm
from cmhub.web.headers import same_origin

_PIECE = 256 * 1024
_ENVELOPE = 64 * 1024
_MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Received:
    """A file in a temporary place until the block ends; ``size`` in bytes, ``fields`` beside it."""

    info: SessionInfo
    name: str
    size: int
    fields: dict[str, str]
    file: UploadFile

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file's bytes, from the beginning."""
        await self.file.seek(0)
        while piece := await self.file.read(_PIECE):
            yield piece


class _TooLong(MultiPartException):
    def __init__(self) -> None:
        super().__init__("too long")


@asynccontextmanager
async def receive_file(
    request: Request, most_bytes: int, *, field: str = "file"
) -> AsyncGenerator[Received]:
    """Take one file and the short fields beside it from a form of ours.

    Origin, session and announced length are judged before a byte of the body is read; the length
    again while it comes. The file lies in a temporary one until the block ends.

    Raises:
        UnreadableForm: 403 another site's form, 401 nobody is signed in, 413 it is too long,
            415 it is no such form, 400 it is broken or has no file.
    """
    info = await _judge(request, most_bytes)
    parser = MultiPartParser(
        request.headers,
        _limited(request, most_bytes + _ENVELOPE),
        max_files=1,
        max_fields=_MOST_FIELDS,
        max_part_size=_ENVELOPE,
    )
    try:
        form = await parser.parse()
    except _TooLong:
        raise UnreadableForm(413) from None
    except MultiPartException:
        raise UnreadableForm(400) from None
    try:
        file = form.get(field)
        if not isinstance(file, UploadFile) or not file.filename:
            raise UnreadableForm(400)
        size = file.size or 0
        if size > most_bytes:
            raise UnreadableForm(413)
        fields = {name: one for name, one in form.multi_items() if isinstance(one, str)}
        yield Received(info, file.filename, size, fields, file)
    finally:
        await form.close()


async def _judge(request: Request, most_bytes: int) -> SessionInfo:
    if not same_origin(request.scope):
        raise UnreadableForm(403)
    info = await who(request)
    if info is None:
        raise UnreadableForm(401)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise UnreadableForm(415)
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > most_bytes + _ENVELOPE:
        raise UnreadableForm(413)
    return info


async def _limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > most:
            raise _TooLong
        yield chunk
