"""Bodies: what is held whole has a limit, what is long becomes an upload, and how that is told."""

from __future__ import annotations

import uuid

from litestar import Response

from service.api import answers, disclosing, sensed
from service.api.answers import AnyRequest
from service.api.rooms import caller, rooms, snapshot
from service.domain.problems import Problem, Refused
from service.intake import keys
from service.submitting import files, receipts, receiving
from service.submitting import lines as of_lines
from service.submitting.receipts import UploadReceipt
from service.submitting.receiving import Handed, Reading
from service.submitting.recording import Terms
from service.submitting.spooling import Spooled


async def whole(request: AnyRequest, most: int) -> bytes:
    """Return a body of at most so many bytes; raises Refused for a larger one."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            detail = f"the body has more than {most} bytes (CAPMAP_BODY_LIMIT_BYTES)"
            raise Refused(Problem("body_too_large", detail))
        parts.append(part)
    return b"".join(parts)


def idempotency_key(request: AnyRequest) -> str | None:
    """Return the request's Idempotency-Key, if it has one; raises Refused for an unfit one."""
    key = request.headers.get("idempotency-key")
    if key is not None and (fault := keys.unfit(key)):
        raise Refused(Problem("malformed_body", fault.rule, (fault,)))
    return key


async def lines(request: AnyRequest, spooled: Spooled, key: str | None) -> Response[bytes]:
    """Take many lines of events in as an upload: each must bring its id."""
    if "if-match" in request.headers:
        raise Refused(Problem("malformed_body", "a long body takes no If-Match"))
    desk = rooms(request).desk
    with spooled.path.open("rb") as content:
        reading = Reading(of_lines.entries(content, files.latest(desk.now())), [])
        handed = Handed(spooled.name, spooled.size, spooled.digest, None, key)
        made = await receiving.receive(desk, handed, reading, Terms(caller(request)))
    return await told(request, made)


async def told(request: AnyRequest, upload: uuid.UUID) -> Response[bytes]:
    """Answer how an upload stands."""
    async with snapshot(request) as connection:
        found = await receipts.receipt(connection, upload)
    if found is None:
        raise Refused(Problem("not_found", f"there is no upload {upload}"))
    reader = await disclosing.reader(request)
    return answered(request, await sensed.upload(rooms(request), found, reader))


def answered(request: AnyRequest, found: UploadReceipt) -> Response[bytes]:
    """Answer a receipt: 201 recorded, 200 nothing new, 202 to be recorded, 422 refused."""
    if found.state == "refused":
        return _refused(request, found)
    status = 202 if found.state == "recording" else 201 if found.rows.recorded else 200
    answer = Response(
        content=answers.encode(found), status_code=status, media_type="application/json"
    )
    if found.id is not None:
        answer.headers["Location"] = found.links["self"]
    return answer


def _refused(request: AnyRequest, found: UploadReceipt) -> Response[bytes]:
    """Answer a problem that holds the receipt, whose errors name rows and columns."""
    more = " (the first are listed)" if found.more_errors else ""
    detail = f"wrong rows: {found.rows.wrong} of {found.rows.total}{more}; nothing was recorded"
    if not found.rows.wrong:
        detail = "the log moved on while the file was checked; nothing was recorded"
    errors = tuple(_fault(one) for one in found.errors)
    answer = answers.problem(request, Problem("invalid_events", detail, errors), receipt=found)
    if found.id is not None:
        answer.headers["Location"] = found.links["self"]
    return answer


def _fault(one: receipts.RowError) -> answers.RowFault:
    return answers.RowFault(
        one.pointer, one.code, one.rule, one.value, one.allowed, one.nearest, one.row, one.column,
        sheet=one.sheet, heading=one.heading, message=one.message,
    )  # fmt: skip
