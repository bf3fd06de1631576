"""The models: rules that turn measures into levels, each with its sources and its examples."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath
from msgspec import Struct

from service.api import answers, parameters
from service.api.answers import AnyRequest
from service.domain.faults import Fault, nearest
from service.domain.model import Model, first_model, models
from service.domain.problems import Problem, Refused


class ModelSummary(Struct, frozen=True):
    """One model: its name with its version, whether it answers when none is asked for."""

    name: str
    dimensions: tuple[str, ...]
    examples: int
    first: bool
    href: str


class ModelsListed(Struct, frozen=True):
    """Every model that the service has, by name."""

    items: tuple[ModelSummary, ...]
    next: str | None


@get("/models", operation_id="list_models", permission="reference")
async def list_models(request: AnyRequest) -> Response[bytes]:
    """List the models that a picture may be asked by."""
    parameters.read(request, Struct)
    found = tuple(_summary(model) for model in models().values())
    return answers.json(request, answers.encode(ModelsListed(found, next=None)))


@get("/models/{name:str}", operation_id="get_model", permission="reference")
async def get_model(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Read a model: dimensions, lines, thresholds with source and strength, examples."""
    parameters.read(request, Struct)
    found = models().get(name)
    if found is None:
        near = nearest(name, models())
        hint = f"did you mean {near}?" if near else f"models are: {', '.join(models())}"
        raise Refused(Problem("not_found", f"{name[:60]} is no model; {hint}"))
    return answers.json(request, answers.encode(found))


def chosen(name: str | None) -> Model:
    """Return the model that a query names, or the first; raises Refused with the nearest name."""
    if name is None:
        return first_model()
    found = models().get(name)
    if found is not None:
        return found
    rule = "must be a model of /api/v1/models"
    near, known = nearest(name, models()), tuple(models())
    fault = Fault("?model", "unknown_model", rule, value=name, allowed=known, nearest=near)
    raise Refused(Problem("invalid_parameter", f"model {rule}", (fault,)))


def _summary(model: Model) -> ModelSummary:
    name = model.full_name
    return ModelSummary(
        name=name,
        dimensions=tuple(one.name for one in model.dimensions),
        examples=len(model.examples.cases) if model.examples else 0,
        first=model is first_model(),
        href=f"/api/v1/models/{name}",
    )
