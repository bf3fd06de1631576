"""The API's operations: one row each, and the shapes of answers that only the document names."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from service.api import catalogue, erasures, keys, me, models, people, reads, templates, trials
from service.api.answers import RowFault
from service.api.completeness import CompletenessAnswer
from service.api.events import (
    CLOUDEVENT,
    CLOUDEVENTS,
    NDJSON,
    EventAnswer,
    EventQuery,
    EventsQuery,
    Receipt,
    TrialReceipt,
)
from service.api.moment import MomentQuery
from service.api.organisations import Listed, OrganisationAnswer, OrganisationsQuery
from service.api.pictures import (
    BeginningsAnswer,
    PictureQuery,
    SystemAnswer,
    TriedQuery,
    TrustAnswer,
)
from service.api.returns import MakeQuery, ReturnAnswer, ReturnQuery
from service.api.uploads import UploadQuery, UploadRowsListed, UploadsListed, UploadsQuery
from service.domain.dates import Precision
from service.domain.disclosure import Disclosure
from service.domain.envelope import Assurance, Source, Target
from service.domain.erasures import ErasureAct
from service.domain.model import Model
from service.domain.people import NewErasure, NewName
from service.domain.problems import Category
from service.door.granting import NewKey
from service.intake.putting_right import (
    Confirmation,
    Correction,
    Dispute,
    Retraction,
    Settlement,
)
from service.store.people import Named
from service.submitting.receipts import UploadReceipt
from service.submitting.returns import Returned
from service.submitting.returns_said import DraftBody, ReturnBody
from service.submitting.returns_shown import DraftShown


class ProblemAnswer(Struct, frozen=True):
    """A problem as RFC 9457 has it, with every wrong value; receipt: of a file that was refused."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    way_out: str
    errors: tuple[RowFault, ...] = ()
    more_errors: int = 0
    receipt: UploadReceipt | msgspec.UnsetType = msgspec.UNSET


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """An event as the log holds it: what was submitted, and what the service added.

    `data` is as the type's own schema says, or said when the event was recorded (`type_version`).
    To readers without the right to exact counts it may be withheld (null), and there is no hash.
    """

    id: uuid.UUID
    type: str
    organisation: str
    effective: dt.date
    precision: Precision = "day"
    certain: bool = True
    data: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": ["object", "null"]})]
    source: Source
    assurance: Assurance
    type_version: int
    target: Target | msgspec.UnsetType = msgspec.UNSET
    position: Annotated[int, Meta(ge=1)]
    version: Annotated[int, Meta(ge=1)]
    recorded_at: Annotated[dt.datetime, Meta(tz=True)]
    recorded_by: str
    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | msgspec.UnsetType = msgspec.UNSET


class EventsListed(Struct, frozen=True):
    """A page of events in order of position."""

    items: tuple[RecordedEvent, ...]
    next: str | None
    disclosure: Disclosure


class Operation(Struct, frozen=True):
    """One operation: where, its name for clients, what it answers, what it may be asked with.

    answer: None where the answer is a schema or this document, an object of any members.
    example: a value of the path's parameter that the story of `capmap demo` can answer.
    path_example: the same, of an operation that records.
    also: other media types in which Accept may ask for the same.
    files: media types of the files that it answers instead, whose bytes no schema describes.
    body: what it takes, as JSON; keyed: with the versions expected and a key for ids.
    tried: what it answers where it is asked to lay events over a trial.
    done: what its answer is called where it is 201, later: 202.
    part: the part of a multipart form that it takes instead, a file.
    once: its answer is kept with the request's key, and given to whoever sends it again.
    """

    path: str
    method: str
    name: str
    summary: str
    answer: type[Struct] | None
    query: type[Struct] = Struct
    refusals: tuple[Category, ...] = ("malformed", "invalid", "unavailable")
    media_type: str = "application/json"
    example: str = ""
    path_example: str = ""
    also: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    body: type[Struct] | None = None
    keyed: bool = True
    tried: type[Struct] | None = None
    done: str = "Recorded and durable"
    later: str = ""
    part: str = ""
    once: bool = False


FOUND: Final[tuple[Category, ...]] = ("malformed", "not_found", "invalid", "unavailable")
APPENDING: Final[tuple[Category, ...]] = (
    "malformed", "forbidden", "conflict", "precondition", "too_large", "unsupported", "invalid",
    "unavailable",
)  # fmt: skip
NAMING: Final[tuple[Category, ...]] = (
    "malformed", "not_found", "too_large", "unsupported", "invalid", "unavailable",
)  # fmt: skip
ABOUT: Final[tuple[Category, ...]] = (*APPENDING, "not_found")
LATER: Final = "Checked and staged: it is recorded from now on, whatever is killed"
AN_EVENT: Final = "a505dc06-21aa-5ea1-b254-94a4955bed95"


def _about(path: str, name: str, summary: str, body: type[Struct]) -> Operation:
    """Return the row of one way to put an event right."""
    return Operation(
        f"/api/v1/events/{{event_id}}/{path}", "post", name, summary, Receipt, Struct, ABOUT,
        body=body, path_example=AN_EVENT,
    )  # fmt: skip


OPERATIONS: Final = (
    Operation("/api/v1/events", "get", "list_events", "List events by position", EventsListed,
              EventsQuery, ("malformed", "conflict", "invalid", "unavailable"),
              also=(NDJSON, CLOUDEVENTS)),
    Operation("/api/v1/events/{event_id}", "get", "get_event", "Read one event and all about it",
              EventAnswer, EventQuery, FOUND, example=AN_EVENT, also=(CLOUDEVENT,)),
    _about("correction", "correct_event", "Say what an event should have said", Correction),
    _about("retraction", "retract_event", "Say that it should not be recorded", Retraction),
    _about("dispute", "dispute_event", "Say that an event about one is wrong", Dispute),
    _about("settlement", "settle_dispute", "Settle a dispute", Settlement),
    _about("confirmation", "confirm_event", "Confirm an event of another", Confirmation),
    Operation("/api/v1/keys", "post", "create_key", "Make a key, shown this once", keys.KeyMade,
              refusals=("malformed", "conflict", "too_large", "unsupported", "invalid",
                        "unavailable"),
              body=NewKey, done="Made; the secret is in this answer and nowhere else",
              keyed=False, once=True),
    Operation("/api/v1/keys", "get", "list_keys", "List the keys", keys.KeysListed),
    Operation("/api/v1/keys/{key_id}/revocation", "post", "revoke_key", "Revoke a key",
              keys.KeyShown, refusals=FOUND, done="Revoked"),
    Operation("/api/v1/people/{person}/name", "post", "record_name", "Record a person's name",
              Named, refusals=(*NAMING, "conflict"), body=NewName, keyed=False, done="Recorded"),
    Operation("/api/v1/people", "get", "list_people", "List people's names", people.NamesListed,
              people.PeopleQuery),
    Operation("/api/v1/trusts/{code}/people", "get", "list_trust_people",
              "List the names of those in a trust's picture", people.NamesListed, refusals=FOUND,
              example="RTP"),
    Operation("/api/v1/people/{person}/erasure", "post", "erase_person", "Erase a person's name",
              erasures.ErasureShown, refusals=NAMING, body=NewErasure, keyed=False, done="Erased"),
    Operation("/api/v1/people/{person}/lifting", "post", "lift_erasure",
              "Allow a person's name to be recorded again", ErasureAct, refusals=FOUND, keyed=False,
              done="Lifted"),
    Operation("/api/v1/erasures", "get", "list_erasures", "List erasures",
              erasures.ErasuresListed),
    Operation("/api/v1/me", "get", "get_me", "Read who you are and whom you see", me.Me),
    Operation("/api/v1/organisations/{code}/reads", "get", "list_reads",
              "List who else read an organisation's data", reads.ReadsListed, reads.ReadsQuery,
              FOUND, example="RTP"),
    Operation("/api/v1/organisations/{code}/acts", "get", "list_acts_of",
              "List administrative acts that concern an organisation", reads.ActsListed,
              reads.ActsQuery, FOUND, example="RTP"),
    Operation("/api/v1/acts", "get", "list_acts", "List administrative acts", reads.ActsListed,
              reads.ActsQuery),
    Operation("/api/v1/trials", "get", "list_trials", "List your trials", trials.TrialsListed),
    Operation("/api/v1/trials/{name}", "get", "get_trial", "Read a trial and what it would change",
              trials.TrialAnswer, refusals=FOUND),
    Operation("/api/v1/trials/{name}", "delete", "discard_trial", "Throw a trial away", None,
              refusals=FOUND),
    Operation("/api/v1/trials/{name}/recording", "post", "record_trial",
              "Record a trial's events, whole or not at all", Receipt, refusals=ABOUT, once=True),
    Operation("/api/v1/organisations", "get", "list_organisations", "Find organisations", Listed,
              OrganisationsQuery),
    Operation("/api/v1/organisations/{code}", "get", "get_organisation", "Read one organisation",
              OrganisationAnswer, MomentQuery, FOUND, example="RTP"),
    Operation("/api/v1/systems", "get", "list_systems", "List systems", Listed, OrganisationsQuery),
    Operation("/api/v1/trusts/{code}/picture", "get", "get_trust_picture", "Read a trust's picture",
              TrustAnswer, TriedQuery, FOUND, example="RTP"),
    Operation("/api/v1/systems/{code}/picture", "get", "get_system_picture",
              "Read a system's picture", SystemAnswer, TriedQuery, FOUND, example="QXU"),
    Operation("/api/v1/trusts/{code}/beginnings", "get", "list_trust_beginnings",
              "List the programmes joined, with that day's levels", BeginningsAnswer, PictureQuery,
              FOUND, example="RTP"),
    Operation("/api/v1/trusts/{code}/return", "get", "get_return",
              "Read a quarter's questions, pre-filled, and the draft", ReturnAnswer, ReturnQuery,
              FOUND, example="RTP"),
    Operation("/api/v1/trusts/{code}/return", "post", "make_return",
              "Make a quarter's return: events and one ReturnMade", Returned, MakeQuery, ABOUT,
              path_example="RTP", body=ReturnBody, keyed=False, tried=TrialReceipt, once=True),
    Operation("/api/v1/trusts/{code}/return/draft", "post", "save_return_draft",
              "Put some answers into the draft", DraftShown, refusals=ABOUT, path_example="RTP",
              body=DraftBody, done="Saved; nothing is recorded", keyed=False, once=True),
    Operation("/api/v1/trusts/{code}/return/draft", "delete", "discard_return_draft",
              "Throw a draft away", None, ReturnQuery, FOUND, path_example="RTP"),
    Operation("/api/v1/trusts/{code}/completeness", "get", "get_completeness",
              "Read how complete a trust's record is", CompletenessAnswer, PictureQuery, FOUND,
              example="RTP"),
    Operation("/api/v1/models", "get", "list_models", "List the models", models.ModelsListed),
    Operation("/api/v1/models/{name}", "get", "get_model", "Read a model and its examples", Model,
              refusals=FOUND, example="readiness-v1"),
    Operation("/api/v1/dimensions", "get", "list_dimensions", "Read the model's dimensions", Model),
    Operation("/api/v1/codes", "get", "list_code_lists", "List the lists of codes",
              catalogue.ListsListed),
    Operation("/api/v1/codes/{name}", "get", "list_codes", "Read one list of codes",
              catalogue.CodesListed, refusals=FOUND, example="programmes"),
    Operation("/api/v1/schemas", "get", "list_schemas", "List the types of events",
              catalogue.TypesListed),
    Operation("/api/v1/schemas/{name}", "get", "get_schema", "Read a type's JSON Schema", None,
              refusals=FOUND, media_type="application/schema+json", example="LeaderAppointed"),
    Operation("/api/v1/templates", "get", "list_templates", "List the templates to fill in",
              templates.TemplatesListed),
    Operation("/api/v1/templates/all.xlsx", "get", "get_workbook",
              "Read one workbook with a sheet for each type", None, files=(templates.XLSX,)),
    Operation("/api/v1/templates/{file}", "get", "get_template",
              "Read a type's template: its name with .xlsx or .csv", None, refusals=FOUND,
              example="StaffTrained.xlsx", files=(templates.XLSX, templates.CSV)),
    Operation("/api/v1/uploads", "post", "create_upload",
              "Hand a file of events over: checked whole, then recorded", UploadReceipt,
              UploadQuery, APPENDING, part="file", later=LATER),
    Operation("/api/v1/uploads", "get", "list_uploads", "List uploads, newest first",
              UploadsListed, UploadsQuery),
    Operation("/api/v1/uploads/{upload_id}", "get", "get_upload", "Read an upload's receipt",
              UploadReceipt, refusals=FOUND),
    Operation("/api/v1/uploads/{upload_id}/rows", "get", "list_upload_rows",
              "List what became of each row", UploadRowsListed, UploadsQuery, FOUND),
    Operation("/api/v1/uploads/{upload_id}/events", "get", "follow_upload",
              "Follow an upload to its end", None, refusals=FOUND, files=("text/event-stream",)),
    Operation("/api/v1/uploads/{upload_id}/errors", "get", "get_upload_errors",
              "Read the file back with a column of messages", None, refusals=FOUND,
              files=(templates.CSV, templates.XLSX)),
    Operation("/api/v1/uploads/{upload_id}/retraction", "post", "retract_upload",
              "Take back all that an upload recorded", UploadReceipt, refusals=ABOUT, later=LATER),
    Operation("/api/v1/uploads/{upload_id}/restoration", "post", "restore_upload",
              "Bring back what its retraction took away", UploadReceipt, refusals=ABOUT,
              later=LATER),
    Operation("/api/v1/openapi.json", "get", "get_openapi", "Read this document", None),
)  # fmt: skip
