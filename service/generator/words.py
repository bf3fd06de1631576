"""The words of generated events: methods, courses, topics, titles; none of it names a place."""

from __future__ import annotations

from typing import Final

from service.generator.chance import Chance

METHODS: Final = (
    "lean_vmps",
    "lean_strategy_deployment",
    "model_for_improvement",
    "six_sigma",
    "qsir",
    "in_house",
)
COURSES: Final = ("qsir_fundamentals", "qsir_virtual", "qsir_practitioner", "in_house")
PROGRAMMES: Final = (
    "national_lean_programme",
    "qsir_fundamentals",
    "qsir_virtual",
    "qsir_practitioner",
    "qsir_college",
)
NETWORKS: Final = ("q_community", "health_innovation_network", "elm_improvers")
TOPICS: Final = (
    "board_development",
    "building_capability",
    "coaching",
    "co_design",
    "daily_management",
    "measurement",
    "strategy_deployment",
)
AUDIENCES: Final = ("all staff", "the system's trusts", "a national conference", "the board")
DIVISIONS: Final = (
    ("med", "Medicine"),
    ("surg", "Surgery"),
    ("wch", "Women and children"),
    ("clin", "Clinical support"),
    ("comm", "Community"),
    ("corp", "Corporate services"),
)
_AIMS: Final = (
    "Fewer delays in",
    "Better handover in",
    "Safer",
    "Shorter waits for",
    "Less waste in",
    "Kinder",
    "Right first time in",
)
_MATTERS: Final = (
    "discharge home",
    "outpatient letters",
    "theatre lists",
    "blood tests",
    "ward rounds",
    "transfer between wards",
    "medicines at home",
    "first appointments",
    "care of frail people",
    "night shifts",
)
_STRATEGIES: Final = ("Better every day", "Together we improve", "Care that learns", "Step by step")


def project_title(chance: Chance) -> str:
    """Return the title of a project."""
    return f"{chance.one_of(_AIMS)} {chance.one_of(_MATTERS)}"


def strategy_title(chance: Chance, year: str) -> str:
    """Return the title of a strategy that begins in a financial year."""
    return f"{chance.one_of(_STRATEGIES)}, from {year}"


__all__ = [
    "AUDIENCES", "COURSES", "DIVISIONS", "METHODS", "NETWORKS", "PROGRAMMES", "TOPICS",
    "project_title", "strategy_title",
]  # fmt: skip
