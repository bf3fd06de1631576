"""Uploads: hand a file over, follow it, read its receipt, take it back."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage, Stream
from msgspec import Meta, Struct

from service.api import (
    access,
    answers,
    disclosing,
    feeds,
    models,
    multipart,
    parameters,
    sensed,
    tracing,
)
from service.api.answers import AnyRequest
from service.api.bodies import answered, idempotency_key, told
from service.api.events import TrialName
from service.api.rooms import caller, rooms, snapshot
from service.domain import dates
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.domain.reads import own
from service.domain.roles import ALL
from service.intake.rows import Asked
from service.store import uploads
from service.store.appending import Connection
from service.submitting import (
    files,
    giving_back,
    receipts,
    receiving,
    recording,
    spooling,
    trials,
    undoing,
)
from service.submitting.desk import Desk
from service.submitting.receipts import Place, UploadReceipt, UploadRow
from service.submitting.receiving import Foretold, Handed
from service.submitting.recording import Terms


class UploadQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is to be read.

    type, organisation: of the rows that do not say it. dry_run: say what would be recorded, and
    record nothing. partial: record the rows without faults, even if others have some.
    """

    type: Annotated[str, Meta(max_length=64)] | None = None
    organisation: Annotated[str, Meta(max_length=5)] | None = None
    dry_run: bool = False
    partial: bool = False
    trial: TrialName | None = None


class UploadsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A page of uploads, newest first. cursor: go on where a list ended."""

    cursor: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class UploadsListed(Struct, frozen=True):
    """A page of uploads."""

    items: tuple[UploadReceipt, ...]
    next: str | None


class UploadRowsListed(Struct, frozen=True):
    """A page of an upload's rows, in their order."""

    items: tuple[UploadRow, ...]
    next: str | None


# The body is spooled to the disk as it comes, and has a limit of its own.
@post(
    "/uploads",
    operation_id="create_upload",
    permission="upload",
    weight=10,
    status_code=201,
    request_max_body_size=None,
)
async def create_upload(request: AnyRequest) -> Response[bytes]:
    """Hand a file over: checked whole, then recorded; a long one is recorded after the answer."""
    query = parameters.read(request, UploadQuery)
    key = idempotency_key(request)
    tracing.shown(request, ())
    desk, asks = rooms(request).desk, caller(request)
    part = await multipart.file(request)
    most, asked = desk.limits.file_bytes, _asked(query, desk)
    async with spooling.spooled(desk.folder, part.name, part.pieces, most) as spooled:
        with files.read(spooled, asked, desk.limits) as reading:
            if query.dry_run or query.trial:
                found = await receiving.rehearse(desk, reading, asks)
                return await _rehearsed(request, query, spooled.name, found)
            handed = Handed(spooled.name, spooled.size, spooled.digest, spooled.path, key)
            terms = Terms(asks, query.type, query.partial)
            made = await receiving.receive(desk, handed, reading, terms)
    return await told(request, made)


async def _rehearsed(
    request: AnyRequest, query: UploadQuery, name: str, found: Foretold
) -> Response[bytes]:
    """Answer what a file would change, once it is in the trial that it is for, if it is for one."""
    room = rooms(request)
    state: Literal["dry_run", "tried", "refused"] = "dry_run"
    if query.trial is not None and not query.dry_run:
        state = "refused" if found.wrong and not query.partial else "tried"
    if query.trial is not None and state == "tried":
        trials.refuse_long(found.rows)
        await trials.add(room.desk, caller(request), query.trial, found.events)
    receipt = receipts.rehearsed(name, found, state)
    if found.laid is not None:
        reader, seen = await disclosing.reader(request), await access.scope(request)
        warnings = await sensed.laid(room, found.laid, reader)
        today, model = dates.today(room.desk.now()), models.chosen(None)
        changes = await trials.compared(room.pictures, found.laid, today, model, seen, reader)
        tracing.shown(request, [one.code for one in changes.trusts])
        receipt = msgspec.structs.replace(receipt, changes=changes, warnings=warnings)
    return answered(request, receipt)


def _asked(query: UploadQuery, desk: Desk) -> Asked:
    return Asked(latest=files.latest(desk.now()), type=query.type, organisation=query.organisation)


@get("/uploads", operation_id="list_uploads", permission="upload")
async def list_uploads(request: AnyRequest) -> Response[bytes]:
    """List uploads, newest first."""
    query = parameters.read(request, UploadsQuery)
    before = 2**62 if query.cursor is None else _opened(query.cursor, 1)[0]
    async with snapshot(request) as connection:
        page = await uploads.page(connection, before, query.limit, _of(request))
        found = [await receipts.receipt(connection, one.id) for one in page]
    tracing.shown(request, [code for one in page for code in senders(one)])
    onward = _cursor(page[-1].number) if len(page) == query.limit else None
    return _listed(request, UploadsListed(tuple(filter(None, found)), None), onward, query.limit)


@get("/uploads/{upload_id:str}", operation_id="get_upload", permission="upload")
async def get_upload(request: AnyRequest, upload_id: FromPath[str]) -> Response[bytes]:
    """Read the receipt of an upload: how far it is, what was understood, what is wrong."""
    parameters.read(request, Struct)
    async with snapshot(request) as connection:
        await _one(request, connection, upload_id)
        found = await receipts.receipt(connection, parameters.key(upload_id, "upload"))
    if found is None:
        raise parameters.absent(upload_id, "upload")
    told = await sensed.upload(rooms(request), found, await disclosing.reader(request))
    return answers.json(request, answers.encode(told))


@get("/uploads/{upload_id:str}/rows", operation_id="list_upload_rows", permission="upload")
async def list_upload_rows(request: AnyRequest, upload_id: FromPath[str]) -> Response[bytes]:
    """Read what became of each row: its event, position and hash, or its errors."""
    query = parameters.read(request, UploadsQuery)
    start = Place(0, 0) if query.cursor is None else Place(*_opened(query.cursor, 2))
    async with snapshot(request) as connection:
        upload = await _one(request, connection, upload_id)
        found, onward = await receipts.rows(connection, upload, start, query.limit)
    cursor = _cursor(onward.chunk, onward.index) if onward else None
    return _listed(request, UploadRowsListed(tuple(found), None), cursor, query.limit)


@get("/uploads/{upload_id:str}/events", operation_id="follow_upload", permission="upload")
async def follow_upload(request: AnyRequest, upload_id: FromPath[str]) -> ServerSentEvent:
    """Follow an upload until it is finished: server-sent events, each with the receipt."""
    parameters.read(request, Struct)
    async with snapshot(request) as connection:
        upload = await _one(request, connection, upload_id)
    return ServerSentEvent(_messages(request, upload.id), headers={"Cache-Control": "no-store"})


async def _messages(
    request: AnyRequest, upload: uuid.UUID
) -> AsyncIterator[ServerSentEventMessage]:
    followed = receipts.follow(rooms(request).pool, upload)
    async for found in feeds.while_admitted(lambda: access.still(request), followed):
        kind = "progress" if found.state == "recording" else "finished"
        yield ServerSentEventMessage(data=answers.encode(found).decode(), event=kind)


@get("/uploads/{upload_id:str}/errors", operation_id="get_upload_errors", permission="upload")
async def get_upload_errors(request: AnyRequest, upload_id: FromPath[str]) -> Stream:
    """Read the file that was handed over, as CSV with a column of messages."""
    parameters.read(request, Struct)
    pool = rooms(request).pool
    async with snapshot(request) as connection:
        upload = await _one(request, connection, upload_id)
    found = await giving_back.given_back(pool, rooms(request).desk, upload)
    name = f"{upload.name.rpartition('.')[0] or upload.name}-errors{found.suffix}"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}"'}
    pieces = feeds.while_admitted(lambda: access.still(request), found.pieces)
    return Stream(pieces, media_type=found.media_type, headers=headers)


@post(
    "/uploads/{upload_id:str}/retraction",
    operation_id="retract_upload",
    permission="upload",
    status_code=201,
)
async def retract_upload(request: AnyRequest, upload_id: FromPath[str]) -> Response[bytes]:
    """Take back all that an upload recorded, by an upload of retractions; again: the same one."""
    parameters.read(request, Struct)
    own = await _theirs(request, upload_id)
    made = await undoing.retract(rooms(request).desk, own, caller(request))
    return await told(request, made)


@post(
    "/uploads/{upload_id:str}/restoration",
    operation_id="restore_upload",
    permission="upload",
    status_code=201,
)
async def restore_upload(request: AnyRequest, upload_id: FromPath[str]) -> Response[bytes]:
    """Bring back what the retraction of an upload took away; again: no more than once."""
    parameters.read(request, Struct)
    own = await _theirs(request, upload_id)
    made = await undoing.restore(rooms(request).desk, own, caller(request))
    return await told(request, made)


async def _one(request: AnyRequest, connection: Connection, given: str) -> uploads.Upload:
    """Return an upload; raises Refused where there is none, or it is not the caller's."""
    found = await uploads.one(connection, parameters.key(given, "upload"))
    if found is None or _of(request) not in {None, found.received_by}:
        raise parameters.absent(given, "upload")
    tracing.shown(request, senders(found))
    return found


def senders(upload: uploads.Upload) -> Iterable[str]:
    """Return the organisations that an upload's sender records for: its receipt is of their data.

    The operator's own uploads are nobody's: what they record is theirs to record.
    """
    theirs = own(recording.terms(upload).caller)
    return () if theirs == ALL else theirs


async def _theirs(request: AnyRequest, given: str) -> uuid.UUID:
    async with snapshot(request) as connection:
        return (await _one(request, connection, given)).id


def _of(request: AnyRequest) -> str | None:
    """Return whose uploads the caller reads: their own, the operator everybody's (None)."""
    asks = caller(request)
    return None if asks.operator else asks.id


def _cursor(*numbers: int) -> str:
    return base64.urlsafe_b64encode(b".".join(str(one).encode() for one in numbers)).decode()


def _opened(given: str, count: int) -> list[int]:
    """Return the numbers of a cursor; raises Refused when it is none of this list's."""
    try:
        parts = base64.urlsafe_b64decode(given.encode("ascii")).split(b".")
        numbers = [int(part) for part in parts if part.isdigit() and len(part) < 19]
    except (ValueError, binascii.Error):
        numbers = []
    if len(numbers) != count:
        rule = "must be a cursor that this list gave"
        raise Refused(Problem("invalid_parameter", rule, (Fault("?cursor", "cursor", rule),)))
    return numbers


def _listed(
    request: AnyRequest,
    page: UploadsListed | UploadRowsListed,
    cursor: str | None,
    limit: int,
) -> Response[bytes]:
    if cursor is None:
        return answers.json(request, answers.encode(page))
    href = f"{request.url.path}?" + urlencode({"limit": limit, "cursor": cursor})
    answer = answers.json(request, answers.encode(msgspec.structs.replace(page, next=href)))
    answer.headers["Link"] = f'<{href}>; rel="next"'
    return answer
