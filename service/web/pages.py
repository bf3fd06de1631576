"""What every page stands in: one frame and one style, without a script."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import Final

from litestar import Response, get
from litestar.datastructures import Cookie

FRAME: Final = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title} – Capability map</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css"></head>
<body><header><p>Capability map</p></header>
<main>{body}</main></body></html>"""


@get("/style.css", operation_id="get_style", permission="public", sync_to_thread=False)
def get_style() -> Response[bytes]:
    """Read how pages look: a file, since a page's own policy lets no style stand within it."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(content=style(), headers=headers, media_type="text/css; charset=utf-8")


def page(title: str, body: str, cookies: Sequence[Cookie] = ()) -> Response[bytes]:
    """Return a page; title: plain text. body: HTML, with its own first heading."""
    content = FRAME.format(title=escape(title), body=body).encode()
    return Response(content, cookies=cookies, media_type="text/html; charset=utf-8")


@functools.cache
def style() -> bytes:
    """Return the style of every page."""
    return resources.files("service.web").joinpath("style.css").read_bytes()


__all__ = ["FRAME", "get_style", "page", "style"]
