"""Lists of codes that grow as data: programmes, methods, networks and the like (DOMAIN.md §2)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct, field


class ListedCode(Struct, frozen=True, omit_defaults=True):
    """One code: what it is called, and the days between which it is used."""

    code: str
    name: str
    from_: str | None = field(default=None, name="from")
    to: str | None = None


def _read() -> Mapping[str, tuple[ListedCode, ...]]:
    text = resources.files("service.domain").joinpath("lists.json").read_bytes()
    return MappingProxyType(msgspec.json.decode(text, type=dict[str, tuple[ListedCode, ...]]))


LISTS: Final = _read()
