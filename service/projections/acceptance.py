"""A model's own examples, folded: what they say and what the rules give must be the same.

The examples are data of the model, agreed on by people who need not read code. A model of which
one fails is not used (DESIGN.md, Terms): the service does not start with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from service.domain import codec, dates
from service.domain.envelope import Event
from service.domain.mentions import mentioned
from service.domain.model import Example, ExampleEvent, Model
from service.projections.context import context
from service.projections.dimensions import levels
from service.projections.history import Entry, History, facts

_SOURCE: Final = {"kind": "public"}
_ASSURANCE: Final = "public_record"


class Difference(Struct, frozen=True, gc=False):
    """One level of an example that the rules do not give.

    expected, got: None is unknown. problem: why the example cannot be folded at all, or None.
    """

    example: str
    dimension: str
    expected: int | None
    got: int | None
    problem: str | None = None

    def __str__(self) -> str:
        if self.problem is not None:
            return f"{self.example}: {self.problem}"
        said, found = (_said(level) for level in (self.expected, self.got))
        return f"{self.example}: {self.dimension} is {found}, the example says {said}"


class ModelRefused(ValueError):  # noqa: N818 - a word of the domain: the model is refused
    """A model does not agree with its own examples."""

    def __init__(self, model: Model, found: Sequence[Difference]) -> None:
        self.differences = tuple(found)
        told = "\n".join(f"  {one}" for one in found)
        super().__init__(f"the model {model.full_name} disagrees with its examples:\n{told}")


def require(models: Iterable[Model]) -> None:
    """Fold the examples of models; raises ModelRefused for the first that fails one."""
    for model in models:
        if found := differences(model):
            raise ModelRefused(model, found)


def differences(model: Model) -> tuple[Difference, ...]:
    """Return where a model's rules and its examples differ, in the order of the file."""
    if model.examples is None:
        return ()
    trust, given = model.examples.trust, model.examples.given
    found: list[Difference] = []
    for example in model.examples.cases:
        try:
            made = _entries([*given, *_known(example)], trust)
        except ValueError as error:
            found.append(Difference(example.name, "", None, None, str(error)))
        else:
            found += _compared(model, example, _histories(made))
    return tuple(found)


def _said(level: int | None) -> str:
    return "unknown" if level is None else str(level)


def _known(example: Example) -> tuple[ExampleEvent, ...]:
    return example.events[: example.known_at]


def _entries(said: Sequence[ExampleEvent], trust: str) -> list[Entry]:
    """Return the events as a log would hold them; raises ValueError for one that it would not."""
    return [Entry(position, _event(one, position, trust)) for position, one in enumerate(said, 1)]


def _event(said: ExampleEvent, position: int, trust: str) -> Event:
    members = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{trust} {position}")),
        "type": said.type,
        "organisation": said.organisation or trust,
        "effective": said.effective,
        "data": said.data,
        "source": _SOURCE,
        "assurance": _ASSURANCE,
    }
    found = codec.decode(msgspec.json.encode(members), dates.LATEST)
    if isinstance(found, codec.Submitted):
        return found.event
    (first, *_) = found
    raise ValueError(f"event {position} ({said.type}): {first.pointer} {first.rule}")


def _histories(made: Sequence[Entry]) -> Mapping[str, History]:
    """Return the history of each organisation: its own events and those that name it."""
    found: dict[str, list[Entry]] = {}
    for entry in made:
        assert isinstance(entry.event, Event)  # noqa: S101 - they were decoded above
        for code in {entry.event.organisation, *mentioned(entry.event)}:
            found.setdefault(code, []).append(entry)
    return {code: facts(items) for code, items in found.items()}


def _compared(
    model: Model, example: Example, histories: Mapping[str, History]
) -> Iterator[Difference]:
    assert model.examples is not None  # noqa: S101 - the example is one of them
    asked = msgspec.structs.replace(
        model, dimensions=tuple(one for one in model.dimensions if one.name in example.levels)
    )
    got = levels(context(model.examples.trust, histories, example.on), asked)
    for name, expected in example.levels.items():
        answer = got.get(name)
        if answer is None:
            problem = f"{name} is no dimension of the model that has levels"
            yield Difference(example.name, name, expected, None, problem)
        elif answer.level != expected:
            yield Difference(example.name, name, expected, answer.level)


__all__ = ["Difference", "ModelRefused", "differences", "require"]
