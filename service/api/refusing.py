"""A problem as the answer of a middleware, which stands before every handler."""

from __future__ import annotations

from litestar.types import Receive, Scope, Send

from service.api import answers
from service.api.answers import AnyRequest
from service.domain.problems import Problem


async def refuse(scope: Scope, receive: Receive, send: Send, found: Problem) -> None:
    """Answer a problem, and close: what is left of a body is not read."""
    request: AnyRequest = scope["litestar_app"].request_class(scope, receive=receive, send=send)
    answer = answers.problem(request, found)
    answer.headers["Connection"] = "close"
    await answer.to_asgi_response(app=None, request=request)(scope, receive, send)


__all__ = ["refuse"]
