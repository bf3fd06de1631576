"""The API's operations: one row each, and the shapes of answers that only the document names."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from service.api import catalogue, models
from service.api.completeness import CompletenessAnswer
from service.api.events import (
    CLOUDEVENT,
    CLOUDEVENTS,
    NDJSON,
    EventAnswer,
    EventsQuery,
    Receipt,
)
from service.api.moment import MomentQuery
from service.api.organisations import Listed, OrganisationAnswer, OrganisationsQuery
from service.api.pictures import BeginningsAnswer, PictureQuery, SystemAnswer, TrustAnswer
from service.domain.dates import Precision
from service.domain.envelope import Assurance, Source, Target
from service.domain.faults import Fault
from service.domain.model import Model
from service.domain.problems import Category
from service.intake.putting_right import (
    Confirmation,
    Correction,
    Dispute,
    Retraction,
    Settlement,
)


class ProblemAnswer(Struct, frozen=True):
    """A problem as RFC 9457 has it, with every wrong value."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    way_out: str
    errors: tuple[Fault, ...] = ()
    more_errors: int = 0


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """An event as the log holds it: what was submitted, and what the service added.

    `data` is as the type's own schema says, or said when the event was recorded (`type_version`).
    """

    id: uuid.UUID
    type: str
    organisation: str
    effective: dt.date
    precision: Precision = "day"
    certain: bool = True
    data: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]
    source: Source
    assurance: Assurance
    type_version: int
    target: Target | msgspec.UnsetType = msgspec.UNSET
    position: Annotated[int, Meta(ge=1)]
    version: Annotated[int, Meta(ge=1)]
    recorded_at: Annotated[dt.datetime, Meta(tz=True)]
    recorded_by: str
    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class EventsListed(Struct, frozen=True):
    """A page of events in order of position."""

    items: tuple[RecordedEvent, ...]
    next: str | None


class Operation(Struct, frozen=True):
    """One operation: where, its name for clients, what it answers, what it may be asked with.

    answer: None where the answer is a schema or this document, an object of any members.
    example: a value of the path's parameter that the story of `capmap demo` can answer.
    path_example: the same, of an operation that records.
    also: other media types in which Accept may ask for the same.
    body: what it takes, as JSON; done: what its answer is called where it is 201.
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
    body: type[Struct] | None = None
    done: str = "Recorded and durable"


FOUND: Final[tuple[Category, ...]] = ("malformed", "not_found", "invalid", "unavailable")
APPENDING: Final[tuple[Category, ...]] = (
    "malformed", "forbidden", "conflict", "precondition", "too_large", "unsupported", "invalid",
    "unavailable",
)  # fmt: skip
ABOUT: Final[tuple[Category, ...]] = (*APPENDING, "not_found")
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
              EventAnswer, refusals=FOUND, example=AN_EVENT, also=(CLOUDEVENT,)),
    _about("correction", "correct_event", "Say what an event should have said", Correction),
    _about("retraction", "retract_event", "Say that it should not be recorded", Retraction),
    _about("dispute", "dispute_event", "Say that an event about one is wrong", Dispute),
    _about("settlement", "settle_dispute", "Settle a dispute", Settlement),
    _about("confirmation", "confirm_event", "Confirm an event of another", Confirmation),
    Operation("/api/v1/organisations", "get", "list_organisations", "Find organisations", Listed,
              OrganisationsQuery),
    Operation("/api/v1/organisations/{code}", "get", "get_organisation", "Read one organisation",
              OrganisationAnswer, MomentQuery, FOUND, example="RTP"),
    Operation("/api/v1/systems", "get", "list_systems", "List systems", Listed, OrganisationsQuery),
    Operation("/api/v1/trusts/{code}/picture", "get", "get_trust_picture", "Read a trust's picture",
              TrustAnswer, PictureQuery, FOUND, example="RTP"),
    Operation("/api/v1/systems/{code}/picture", "get", "get_system_picture",
              "Read a system's picture", SystemAnswer, PictureQuery, FOUND, example="QXU"),
    Operation("/api/v1/trusts/{code}/beginnings", "get", "list_trust_beginnings",
              "List the programmes joined, with that day's levels", BeginningsAnswer, PictureQuery,
              FOUND, example="RTP"),
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
    Operation("/api/v1/openapi.json", "get", "get_openapi", "Read this document", None),
)  # fmt: skip
