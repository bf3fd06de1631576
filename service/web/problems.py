"""A page for each problem: what it means and the way out, where a problem's `type` leads."""

from __future__ import annotations

from html import escape

from litestar import Response, get
from litestar.params import FromPath

from service.domain.problems import KINDS, Problem, ProblemKind, Refused

_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css"></head><body>{body}</body></html>"""
_STYLE = (
    b"body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
)


@get("/style.css", operation_id="get_style", permission="public", sync_to_thread=False)
def get_style() -> Response[bytes]:
    """Read how pages look: a file, since a page's own policy lets no style stand within it."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(content=_STYLE, headers=headers, media_type="text/css; charset=utf-8")


def _page(title: str, body: str) -> Response[bytes]:
    content = _PAGE.format(title=escape(title), body=body).encode()
    return Response(content=content, media_type="text/html; charset=utf-8")


@get("/problems", operation_id="list_problems", permission="public", sync_to_thread=False)
def list_problems() -> Response[bytes]:
    """List every problem that the API can answer with."""
    rows = "".join(
        f'<li><a href="/problems/{code}">{escape(kind.title)}</a> ({code})</li>'
        for code, kind in sorted(KINDS.items())
    )
    return _page("Problems", f"<h1>Problems</h1><ul>{rows}</ul>")


@get("/problems/{code:str}", operation_id="get_problem", permission="public", sync_to_thread=False)
def get_problem(code: FromPath[str]) -> Response[bytes]:
    """Explain one problem."""
    kind = KINDS.get(code)
    if kind is None:
        raise Refused(Problem("not_found", f"{code[:60]} is no problem that is known"))
    return _page(kind.title, _explained(kind))


def _explained(kind: ProblemKind) -> str:
    return (
        f"<h1>{escape(kind.title)}</h1><p><code>{kind.code}</code></p>"
        f"<p>{escape(kind.meaning)}</p><h2>The way out</h2><p>{escape(kind.way_out)}</p>"
        '<p><a href="/problems">All problems</a></p>'
    )
