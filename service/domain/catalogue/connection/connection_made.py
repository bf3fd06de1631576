"""ConnectionMade: people of several organisations met, worked or learnt together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType, field

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, join
from service.domain.fields import MOST_ITEMS, Code, Reference, Text
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import body_list, plain


class ConnectionMade(Payload):
    """People of several organisations learn from each other; effective is the first day of it.

    kind: a visit, a seminar, a peer review and joint training last one day; an action learning
    set, a community, buddying, a joint project and a secondment last until ConnectionEnded.
    with: codes of the other organisations. with_name: name of a body without a code.
    At least one of these two. who: who of the recording organisation takes part.
    virtual: whether they meet on screens only.
    divisions, teams: those of the recording organisation that take part, by code and by name.
    topic: what it is about, a code of the list of topics or words.
    Source: board papers, newsletters. Recorded by: either organisation; the operator also.
    """

    kind: Literal[
        "visit",
        "seminar",
        "action_learning_set",
        "community",
        "buddying",
        "peer_review",
        "joint_project",
        "secondment",
        "joint_training",
    ]
    with_: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=MOST_ITEMS)] | UnsetType = (
        field(default=UNSET, name="with")
    )
    with_name: Text | UnsetType = UNSET
    who: Literal["board", "executive", "improvement_team", "clinical", "staff"] | UnsetType = UNSET
    virtual: bool | UnsetType = UNSET
    divisions: Annotated[tuple[Reference, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET
    teams: Annotated[tuple[Text, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET
    topic: Text | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ConnectionMade)  # noqa: S101 - the register pairs them
    if data.with_ is UNSET and data.with_name is UNSET:
        rule = "must be given, or with_name for a body without a code"
        yield Fault("/data/with", "missing", rule)
    for index, code in enumerate(data.with_ or ()):
        yield from checks.itself(join("/data/with", index), code, event.organisation)
    yield from checks.repeated("/data/with", data.with_ or ())
    yield from checks.repeated("/data/divisions", data.divisions or ())
    yield from checks.repeated("/data/teams", data.teams or ())


def _text(data: ConnectionMade) -> str:
    named = [*(data.with_ or ()), *([data.with_name] if data.with_name else ())]
    how = "virtual " if data.virtual else ""
    who = f" of the {plain(data.who)}" if data.who else ""
    about = f": {plain(data.topic)}" if data.topic else ""
    return f"{(how + plain(data.kind)).capitalize()}{who} with {body_list(named)}{about}"


TYPE: Final = EventType(
    payload=ConnectionMade,
    part="connection",
    bearers=BOTH,
    fold=Fold("connections", "opens"),
    text=_text,
    check=_check,
    sample={
        "kind": "visit",
        "with": ["ZT002", "ZT003"],
        "who": "board",
        "divisions": ["med"],
        "topic": "daily_management",
    },
)
