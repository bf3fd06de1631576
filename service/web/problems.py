"""A page for each problem: what it means and the way out, where a problem's `type` leads."""

from __future__ import annotations

from html import escape

from litestar import Response, get
from litestar.params import FromPath

from service.domain.problems import KINDS, Problem, ProblemKind, Refused
from service.web.pages import page


@get("/problems", operation_id="list_problems", permission="public", sync_to_thread=False)
def list_problems() -> Response[bytes]:
    """List every problem that the API can answer with."""
    rows = "".join(
        f'<li><a href="/problems/{code}">{escape(kind.title)}</a> ({code})</li>'
        for code, kind in sorted(KINDS.items())
    )
    return page("Problems", f"<h1>Problems</h1><ul>{rows}</ul>")


@get("/problems/{code:str}", operation_id="get_problem", permission="public", sync_to_thread=False)
def get_problem(code: FromPath[str]) -> Response[bytes]:
    """Explain one problem."""
    kind = KINDS.get(code)
    if kind is None:
        raise Refused(Problem("not_found", f"{code[:60]} is no problem that is known"))
    return page(kind.title, _explained(kind))


def _explained(kind: ProblemKind) -> str:
    return (
        f"<h1>{escape(kind.title)}</h1><p><code>{kind.code}</code></p>"
        f"<p>{escape(kind.meaning)}</p><h2>The way out</h2><p>{escape(kind.way_out)}</p>"
        '<p><a href="/problems">All problems</a></p>'
    )
