"""Asking an ASGI application without a server."""

import httpx
from starlette.types import ASGIApp


def client_of(app: ASGIApp, base_url: str = "http://localhost:8000") -> httpx.AsyncClient:
    """A client whose requests go straight into the application."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base_url)
