"""Codes that the Organisation Data Service does not issue, and names that nobody bears."""

from __future__ import annotations

from typing import Final

from service.domain.fields import LegalForm, TrustType

MOST_TRUSTS: Final = 3599

_STEMS: Final = (
    "Avocet", "Bistort", "Bramling", "Brambel", "Burdock", "Campion", "Celand", "Comfrey",
    "Corncrake", "Curlew", "Dabchick", "Dunlin", "Fennelly", "Fieldfar", "Figwort", "Garganey",
    "Godwit", "Goosand", "Greylag", "Guillem", "Harebell", "Hawkbit", "Knapwee", "Lapwing",
    "Linnet", "Lovage", "Mallowen", "Marjor", "Meadowse", "Merganse", "Mugwort", "Nuthat",
    "Orpine", "Ouzel", "Oxlip", "Parsle", "Peewit", "Pintail", "Pipit", "Plover", "Pochard",
    "Ragwor", "Redpoll", "Redstar", "Sandpip", "Saxifra", "Scabios", "Shovele", "Siskin",
    "Skylar", "Sneezew", "Sorrel", "Speedwel", "Stonecha", "Tansy", "Teasel", "Toadflax",
    "Turnston", "Valeria", "Vetchling", "Whimbrel", "Whinchat", "Wigeon", "Yarrow",
)  # fmt: skip
_ENDINGS: Final = (
    "shire", "mere", "combe", "holt", "wick", "hurst", "ford", "stow", "leigh", "dale", "fell",
    "garth", "thorpe", "worth", "by", "ness", "beck", "moor", "haven", "bridge", "minster",
    "wold", "march", "sands", "water", "field", "down", "head", "gate", "mouth", "cross", "well",
    "brook", "marsh", "ridge", "vale",
)  # fmt: skip
_CYCLE: Final = len(_STEMS) * len(_ENDINGS)
_BEFORE: Final = ("", "Upper ", "Nether ")

_BODIES: Final[dict[TrustType, str]] = {
    "acute": "Hospitals",
    "acute_specialist": "Orthopaedic and Eye Hospital",
    "mental_health": "Partnership",
    "community": "Community Health",
    "ambulance": "Ambulance Service",
}
_FORMS: Final[dict[LegalForm, str]] = {
    "nhs_trust": "NHS Trust",
    "foundation_trust": "NHS Foundation Trust",
}


def trust_code(number: int) -> str:
    """Return the code of a trust, from 1: ZT001 to ZT999, then ZTA00 to ZTZ99."""
    if number < 1000:
        return f"ZT{number:03d}"
    letter, rest = divmod(number - 1000, 100)
    return f"ZT{chr(ord('A') + letter)}{rest:02d}"


def system_code(number: int) -> str:
    """Return the code of an integrated care system, from 1: ZS01 to ZS99, then ZS100."""
    return f"ZS{number:02d}"


def own_code(number: int) -> str:
    """Return the code of a body that has none elsewhere, such as a cluster: ZC51 and on.

    Those below are for bodies that there are, as the story has one: both may be in one log.
    """
    return f"ZC{50 + number:02d}"


def place(number: int) -> str:
    """Return the name of a place that is on no map; no two numbers below 6,912 share one."""
    turn, at = divmod(number, _CYCLE)
    ending = (at + at // len(_STEMS)) % len(_ENDINGS)
    return f"{_BEFORE[turn % len(_BEFORE)]}{_STEMS[at % len(_STEMS)]}{_ENDINGS[ending]}"


def trust_name(where: str, trust_type: TrustType, legal_form: LegalForm) -> str:
    """Return the name of a trust of a place."""
    return f"{where} {_BODIES[trust_type]} {_FORMS[legal_form]}"


__all__ = ["MOST_TRUSTS", "own_code", "place", "system_code", "trust_code", "trust_name"]
