"""The OpenAPI 3.1 document: one row an operation, components from the Structs themselves.

Made here and not by the framework, whose document leaves out `additionalProperties: false` and the
discriminator of the union of events.
"""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get
from msgspec import Meta, Struct

from service import __version__
from service.api import answers, catalogue, models, parameters, templates
from service.api.answers import STATUS, AnyRequest
from service.api.events import NDJSON, EventAnswer, EventsQuery, Receipt
from service.api.moment import MomentQuery
from service.api.organisations import Listed, OrganisationAnswer, OrganisationsQuery
from service.api.pictures import BeginningsAnswer, PictureQuery, SystemAnswer, TrustAnswer
from service.domain.dates import Precision
from service.domain.envelope import Assurance, Source, Target
from service.domain.faults import Fault
from service.domain.model import Model
from service.domain.problems import KINDS, Category
from service.domain.register import BY_NAME, ENVELOPES
from service.domain.samples import sample

REF: Final = "#/components/schemas/{name}"
# Any: a JSON document has no narrower type.
Json = dict[str, Any]


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
    lines: the same as one JSON object a line, where Accept asks for NDJSON.
    files: media types of the files that it answers instead, whose bytes no schema describes.
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
    lines: bool = False
    files: tuple[str, ...] = ()


FOUND: Final[tuple[Category, ...]] = ("malformed", "not_found", "invalid", "unavailable")
APPENDING: Final[tuple[Category, ...]] = (
    "malformed", "forbidden", "conflict", "precondition", "too_large", "unsupported", "invalid",
    "unavailable",
)  # fmt: skip
OPERATIONS: Final = (
    Operation("/api/v1/events", "get", "list_events", "List events by position", EventsListed,
              EventsQuery, ("malformed", "conflict", "invalid", "unavailable"), lines=True),
    Operation("/api/v1/events/{event_id}", "get", "get_event", "Read one event and all about it",
              EventAnswer, refusals=FOUND, example="a505dc06-21aa-5ea1-b254-94a4955bed95"),
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
    Operation("/api/v1/openapi.json", "get", "get_openapi", "Read this document", None),
)  # fmt: skip


@functools.cache
def document() -> bytes:
    """Return the whole document as JSON."""
    answered = dict.fromkeys(one.answer for one in OPERATIONS if one.answer)
    structs = [*ENVELOPES.values(), *answered, Receipt, ProblemAnswer]
    _, schemas = msgspec.json.schema_components(structs, ref_template=REF)
    recorded = {"$ref": REF.format(name="RecordedEvent")}
    schemas["EventAnswer"]["properties"] |= {
        "event": recorded, "about": {"type": "array", "items": recorded},
    }  # fmt: skip
    schemas["Event"] = _union()
    schemas["Batch"] = _batch()
    paths: dict[str, Json] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    paths["/api/v1/events"]["post"] = _append()
    whole: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Capability map", "version": __version__, "license": {"name": "MIT"}},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return answers.encode(whole)


def _union() -> Json:
    names = {name: f"{name}Event" for name in BY_NAME}
    return {
        "oneOf": [{"$ref": REF.format(name=struct)} for struct in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {name: REF.format(name=struct) for name, struct in names.items()},
        },
    }


def _batch() -> Json:
    return {
        "type": "object",
        "required": ["events"],
        "additionalProperties": False,
        "properties": {
            "events": {"type": "array", "minItems": 1, "items": {"$ref": REF.format(name="Event")}},
            "expected_versions": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    }


def _operation(one: Operation) -> Json:
    content: Json = {one.media_type: {"schema": _schema_of(one.answer)}}
    if one.files:
        content = {media_type: {} for media_type in one.files}
    if one.lines:
        content[NDJSON] = {"schema": {"type": "string", "description": "One event a line"}}
    answers_by_status = {"200": {"description": one.summary, "content": content}}
    answers_by_status["304"] = {"description": "You have it already (If-None-Match)"}
    return {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [*_path_parameters(one), *_query_parameters(one.query)],
        "responses": answers_by_status | _refusals(one.refusals),
    }


def _schema_of(answer: type[Struct] | None) -> Json:
    return {"$ref": REF.format(name=answer.__name__)} if answer else {"type": "object"}


def _append() -> Json:
    event = sample(BY_NAME["LeaderAppointed"])
    either = [{"$ref": REF.format(name="Event")}, {"$ref": REF.format(name="Batch")}]
    listed = {"type": "array", "minItems": 1, "items": {"$ref": REF.format(name="Event")}}
    body = {"schema": {"anyOf": [*either, listed]}, "example": event}
    done = {"application/json": {"schema": {"$ref": REF.format(name="Receipt")}}}
    return {
        "operationId": "append_events",
        "summary": "Record one event or a batch; sending it again is safe",
        "parameters": [{"name": "If-Match", "in": "header", "schema": {"type": "string"}}],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "201": {"description": "Recorded and durable", "content": done},
            "200": {"description": "All were recorded before", "content": done},
            **_refusals(APPENDING),
        },
    }


def _refusals(categories: tuple[Category, ...]) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": REF.format(name="ProblemAnswer")}}}
    return {
        str(STATUS[category]): {
            "description": "; ".join(k.title for k in KINDS.values() if k.category == category),
            "content": content,
        }
        for category in categories
    }


def _path_parameters(one: Operation) -> list[Json]:
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    text = {"type": "string"}
    return [
        {"name": name, "in": "path", "required": True, "schema": text, "example": one.example}
        for name in names
    ]


def _query_parameters(query: type[Struct]) -> list[Json]:
    if query is Struct:
        return []
    schema: Json = msgspec.json.schema(query)
    properties: Json = schema["$defs"][query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _plain(said)}
        for name, said in properties.items()
    ]


def _plain(said: Json) -> Json:
    """Return a parameter's schema without null, which a query cannot hold."""
    arms = [arm for arm in said.get("anyOf", ()) if arm.get("type") != "null"]
    return arms[0] if arms else {key: v for key, v in said.items() if key != "default" or v}


@get("/openapi.json", operation_id="get_openapi")
async def get_openapi(request: AnyRequest) -> Response[bytes]:
    """Read this document."""
    parameters.read(request, Struct)
    return answers.json(request, document())
