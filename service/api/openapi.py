"""The OpenAPI 3.1 document: one row an operation, components from the Structs themselves.

Made here and not by the framework, whose document leaves out `additionalProperties: false` and the
discriminator of the union of events.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import msgspec
from litestar import Response, get
from msgspec import Struct

from service import __version__
from service.api import answers, parameters
from service.api.answers import STATUS, AnyRequest
from service.api.events import CLOUDEVENT, CLOUDEVENTS, NDJSON, AppendQuery, Receipt, TrialReceipt
from service.api.operations import (
    APPENDING,
    OPERATIONS,
    Operation,
    ProblemAnswer,
    RecordedEvent,
)
from service.domain.problems import KINDS, Category
from service.domain.register import BY_NAME, ENVELOPES
from service.domain.samples import sample

REF: Final = "#/components/schemas/{name}"
# Any: a JSON document has no narrower type.
Json = dict[str, Any]
_SENDING: Final[list[Json]] = [
    {"name": "If-Match", "in": "header", "schema": {"type": "string"},
     "description": "The version of the one organisation's stream, so that nobody came between"},
    {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 128},
     "description": "Stands in for ids that are left out, or for the request itself, whose answer"
     " is kept for 24 hours: send a retry with the same key"},
]  # fmt: skip
_AT_THE_DOOR: Final[tuple[Category, ...]] = (
    "unauthenticated", "forbidden", "too_many", "timeout",
)  # fmt: skip
"""What any operation may answer while access is by keys."""
_CLOUDEVENT: Final[Json] = {
    "type": "object",
    "description": "CloudEvents 1.0: type uk.capmap.<part>.<type>.v<version>, subject the"
    " organisation, time the effective day; sourcekind, sourceref, assurance as extensions",
    "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
}
_AS: Final[dict[str, Json]] = {
    NDJSON: {"type": "string", "description": "One event a line"},
    CLOUDEVENT: _CLOUDEVENT,
    CLOUDEVENTS: {"type": "array", "items": _CLOUDEVENT},
}


@functools.cache
def document() -> bytes:
    """Return the whole document as JSON."""
    answered = dict.fromkeys(one.answer for one in OPERATIONS if one.answer)
    bodies = [one.body for one in OPERATIONS if one.body]
    structs = [
        *ENVELOPES.values(),
        *answered,
        *bodies,
        Receipt,
        TrialReceipt,
        RecordedEvent,
        ProblemAnswer,
    ]
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
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
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
    made: Json = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [*_path_parameters(one), *_query_parameters(one.query)],
        "responses": _ANSWERED[one.method](one) | _refusals(one.refusals),
    }
    if one.part or one.once:
        made["parameters"] += _SENDING[1:]
    if one.part:
        made["requestBody"] = _form(one.part)
    if one.body is not None:
        made["parameters"] += _SENDING if one.keyed else []
        body = {"application/json": {"schema": _schema_of(one.body)}}
        made["requestBody"] = {"required": True, "content": body}
    return made


def _read(one: Operation) -> Json:
    content: Json = {one.media_type: {"schema": _schema_of(one.answer)}}
    content |= {kind: {"schema": _AS[kind]} for kind in one.also}
    if one.files:
        content = {kind: {} for kind in one.files}
    return {
        "200": {"description": one.summary, "content": content},
        "304": {"description": "You have it already (If-None-Match)"},
    }


def _form(part: str) -> Json:
    schema = {
        "type": "object",
        "required": [part],
        "properties": {part: {"type": "string", "format": "binary"}},
    }
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _done(one: Operation) -> Json:
    said = _schema_of(one.answer)
    either = {"anyOf": [said, _schema_of(one.tried)]} if one.tried else said
    content = {"application/json": {"schema": either}}
    later = {"202": {"description": one.later, "content": content}} if one.later else {}
    return {
        "201": {"description": one.done, "content": content},
        "200": {"description": "It was recorded before", "content": content},
    } | later


def _gone(one: Operation) -> Json:
    return {"204": {"description": one.summary}}


_ANSWERED: Final = {"get": _read, "post": _done, "delete": _gone}


def _schema_of(answer: type[Struct] | None) -> Json:
    return {"$ref": REF.format(name=answer.__name__)} if answer else {"type": "object"}


def _append() -> Json:
    event = sample(BY_NAME["LeaderAppointed"])
    either = [{"$ref": REF.format(name="Event")}, {"$ref": REF.format(name="Batch")}]
    listed = {"type": "array", "minItems": 1, "items": {"$ref": REF.format(name="Event")}}
    said = [{"$ref": REF.format(name=name)} for name in ("Receipt", "TrialReceipt")]
    done = {"application/json": {"schema": {"anyOf": said}}}
    return {
        "operationId": "append_events",
        "summary": "Record one event or a batch; sending it again is safe",
        "parameters": [*_query_parameters(AppendQuery), *_SENDING],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"anyOf": [*either, listed]}, "example": event},
                **{kind: {"schema": _AS[kind]} for kind in (NDJSON, CLOUDEVENT, CLOUDEVENTS)},
            },
        },
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
        for category in (*_AT_THE_DOOR, *categories)
    }


def _path_parameters(one: Operation) -> list[Json]:
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    text = {"type": "string"}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": text,
            "example": one.example or one.path_example,
        }
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


@get("/openapi.json", operation_id="get_openapi", permission="reference")
async def get_openapi(request: AnyRequest) -> Response[bytes]:
    """Read this document."""
    parameters.read(request, Struct)
    return answers.json(request, document())
