"""`capmap serve` with two more addresses, whose faults have in their text what was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import Request, post
from litestar.response import Stream

from service import app
from service.cli import main


@post("/broken", permission="reference")
async def broken(request: Request) -> None:
    """Fail before the answer has begun."""
    raise RuntimeError(f"{await request.body()!r} {dict(request.headers)} {request.url}")


@post("/broken/midway", permission="reference")
async def midway(request: Request) -> Stream:
    """Fail once it has begun."""
    body = await request.body()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"begun"
        raise ValueError(body, dict(request.headers))

    return Stream(pieces())


if __name__ == "__main__":
    app.HANDLERS = (*app.HANDLERS, broken, midway)
    main(["serve"])
