"""Claims into grants: what an issuer says of somebody, by the rules that the operator wrote. Pure.

Deny by default: a claim that is absent, of another shape, or in words that no rule knows gives
nothing. What a claim says fills a place in a grant only as letters and digits, never as `all` or
`operator`: those are given where a rule says so itself, so that nobody who may name a group or an
application's role at the issuer makes an operator of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from service.domain.faults import Unfit
from service.domain.roles import Grant, grant

Claims = Mapping[str, object]
"""What a token says, as JSON."""

_PLACE: Final = re.compile(r"\{([A-Za-z_]{1,40})\}")
_FILLS: Final = re.compile(r"[A-Za-z0-9]{3,20}", re.ASCII)
_MOST: Final = 200
"""Characters of a value that is looked at: group and role names are shorter."""
_NEVER: Final = frozenset({"all", "operator"})


class Written(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it is written. claim: where its values stand, as a JSON pointer: `/roles`.

    One of three kinds:
    - table: a value of text, and the grants that it gives: `{"5f3c…" = ["lead:QXU"]}`;
    - pattern: a form of values of text, with places: `CapMap.{role}.{code}`;
    - where: of values that are objects, what some of their members must be, each one of a list.
    gives: of a pattern the grants, with its places in them (`{role}:{code}`); of `where` with names
    of the object's members (`viewer:{org_code}`).
    """

    claim: str
    table: Mapping[str, Sequence[str]] = {}
    pattern: str = ""
    where: Mapping[str, Sequence[str]] = {}
    gives: Sequence[str] = ()


class Rule(Struct, frozen=True):
    """A rule as it is applied; of the three kinds the two that it is not are empty."""

    path: tuple[str, ...]
    table: Mapping[str, tuple[Grant, ...]]
    pattern: re.Pattern[str] | None
    where: Mapping[str, frozenset[str]]
    gives: tuple[str, ...]


def rule(written: Written) -> Rule:
    """Return a rule that is ready to be applied; raises Unfit for what could never be meant."""
    kinds = [bool(written.table), bool(written.pattern), bool(written.where)]
    if sum(kinds) != 1:
        raise Unfit("rule", "must have one of table, pattern and where")
    if bool(written.gives) is bool(written.table):
        raise Unfit("rule", "must have gives beside pattern or where, and none beside a table")
    pattern = _form(written.pattern) if written.pattern else None
    for template in written.gives:
        _fitting(template, None if pattern is None else frozenset(pattern.groupindex))
    return Rule(
        path=path(written.claim),
        table={said: tuple(map(grant, texts)) for said, texts in written.table.items()},
        pattern=pattern,
        where={member: frozenset(values) for member, values in written.where.items()},
        gives=tuple(written.gives),
    )


def path(pointer: str) -> tuple[str, ...]:
    """Return the names that a JSON pointer (RFC 6901) goes through."""
    if not pointer.startswith("/") or len(pointer) > 200:
        raise Unfit("claim", f"must be a JSON pointer such as /roles, not {pointer[:60]}")
    return tuple(one.replace("~1", "/").replace("~0", "~") for one in pointer[1:].split("/"))


def granted(claims: Claims, rules: Sequence[Rule]) -> tuple[Grant, ...]:
    """Return what claims give by some rules, each grant once; nothing where none fits."""
    found = (
        one for each in rules for value in values(claims, each.path) for one in _of(each, value)
    )
    return tuple(dict.fromkeys(found))


def values(claims: Claims, at: Sequence[str]) -> list[object]:
    """Return what stands at a place: the items of a list, or the one value; nothing if absent."""
    here: object = claims
    for name in at:
        if not isinstance(here, Mapping) or name not in here:
            return []
        here = here[name]
    return list(here) if isinstance(here, list) else [here]


def lacking(claims: Claims, required: Mapping[str, Sequence[str]]) -> str | None:
    """Return the first place where claims do not say one of the values that they must."""
    for pointer, allowed in required.items():
        if not any(one in allowed for one in values(claims, path(pointer)) if isinstance(one, str)):
            return pointer
    return None


def _of(each: Rule, value: object) -> Iterator[Grant]:
    """Yield what one value gives."""
    if isinstance(value, str):
        if len(value) > _MOST:
            return
        yield from each.table.get(value, ())
        found = each.pattern.fullmatch(value) if each.pattern is not None else None
        if found is not None:
            yield from _filled(each.gives, found.groupdict())
    elif isinstance(value, Mapping) and each.where:
        if all(_says(value.get(member), allowed) for member, allowed in each.where.items()):
            texts = {str(name): said for name, said in value.items() if isinstance(said, str)}
            yield from _filled(each.gives, texts)


def _says(said: object, allowed: frozenset[str]) -> bool:
    """Tell whether a member is, or holds, one of the values allowed."""
    texts = said if isinstance(said, list) else [said]
    return any(isinstance(one, str) and one in allowed for one in texts)


def _filled(gives: Sequence[str], said: Mapping[str, str]) -> Iterator[Grant]:
    for template in gives:
        names = _PLACE.findall(template)
        if all(_fills(said.get(name, "")) for name in names):
            try:
                yield grant(_PLACE.sub(lambda place: said[place[1]], template))
            except Unfit:  # what was said is no role, or no code: it gives nothing
                continue


def _fills(text: str) -> bool:
    return _FILLS.fullmatch(text) is not None and text.lower() not in _NEVER


def _form(pattern: str) -> re.Pattern[str]:
    """Return a pattern's form: what stands in it stands as it is, a place takes a word."""
    names = _PLACE.findall(pattern)
    if not names or len(set(names)) != len(names) or "}{" in pattern:
        raise Unfit("pattern", "must have places such as {code}, each once and apart; else a table")
    parts = _PLACE.split(pattern)
    made = (
        f"(?P<{part}>[A-Za-z0-9]+)" if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    )
    return re.compile("".join(made), re.ASCII)


def _fitting(template: str, places: frozenset[str] | None) -> None:
    """Raise Unfit for a grant that could never be filled. places: of a pattern; None: any."""
    names = set(_PLACE.findall(template))
    if places is not None and not names <= places:
        raise Unfit("gives", f"{template} has a place that the pattern has not")
    role, _, codes = template.partition(":")
    grant(f"{_PLACE.sub('viewer', role)}:{_PLACE.sub('ABC', codes)}" if codes else role)


__all__ = ["Claims", "Rule", "Written", "granted", "lacking", "path", "rule", "values"]
