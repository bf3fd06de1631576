"""The kinds of value that an event may hold: one alias a kind, with its limits and its words.

`extra={"kind": …}` names the handler in `normal` that brings a value to its canonical form; the
limits here are those that msgspec checks while it decodes and JSON Schema shows.
Sources: CONVENTIONS.md 5 to 8, 13, 17, 18.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

MOST_ITEMS = 200
"""A list in a payload holds at most this many items (CONVENTIONS.md 18)."""

Code = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z0-9]{3,5}$",
        title="Organisation code",
        description="A code of the Organisation Data Service, or one of our own (Z…).",
        extra={"kind": "organisation"},
        examples=["RTP"],
    ),
]
Text = Annotated[
    str,
    Meta(
        title="Short text",
        extra={"kind": "text", "limit": 120},
        extra_json_schema={"minLength": 1, "maxLength": 120},
    ),
]
LongText = Annotated[
    str,
    Meta(
        title="Reference to a source",
        extra={"kind": "text", "limit": 300},
        extra_json_schema={"minLength": 1, "maxLength": 300},
    ),
]
Url = Annotated[
    str,
    Meta(
        title="Web address",
        description="http or https, without a user part.",
        extra={"kind": "url", "limit": 2000},
        extra_json_schema={"minLength": 1, "maxLength": 2000, "format": "uri"},
    ),
]
Reference = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        title="The submitter's own reference",
        description="Unique within the organisation.",
        extra={"kind": "word"},
        examples=["qi-2026"],
    ),
]
Person = Annotated[
    str,
    Meta(
        pattern="^p-[a-z0-9]{4,32}$",
        title="A person's opaque reference",
        description="Says nothing about the person; names are never in the log.",
        extra={"kind": "word"},
        examples=["p-7ab1ff2f"],
    ),
]
ListCode = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9][a-z0-9_]{0,63}$",
        title="A code of a list that grows",
        description="See /api/v1/codes.",
        extra={"kind": "word"},
    ),
]
FinancialYear = Annotated[
    str,
    Meta(
        title="Financial year",
        description="1 April to 31 March; 2025-26, 2025/2026 and 25/26 are taken too.",
        extra={"kind": "financial_year"},
        examples=["2025/26"],
        extra_json_schema={"pattern": r"^\s*(\d{4}|\d{2})\s*[/-]\s*(\d{4}|\d{2})\s*$"},
    ),
]
Day = Annotated[
    dt.date,
    Meta(
        description="A civil day between 1948-07-05 and 2100-12-31.",
        extra={"kind": "date"},
    ),
]
Count = Annotated[int, Meta(ge=0, le=10_000_000, title="Count")]
Quarter = Annotated[int, Meta(ge=1, le=4, title="Quarter", description="1 is April to June.")]
Year = Annotated[int, Meta(ge=1948, le=2100, title="Year")]
Pence = Annotated[int, Meta(ge=0, le=10**15, title="Pence")]
Percent = Annotated[float, Meta(ge=0, le=100, title="Percent")]
Share = Annotated[float, Meta(ge=0, le=1, title="Share")]
Wte = Annotated[
    float,
    Meta(
        ge=0,
        le=10_000_000,
        title="Whole-time equivalents",
        description="At most two decimals.",
        extra={"kind": "wte"},
    ),
]
Hours = Annotated[float, Meta(ge=0, le=10_000, title="Hours")]

Post = Literal[
    "chair",
    "chief_executive",
    "chief_finance_officer",
    "chief_operating_officer",
    "chief_nurse",
    "medical_director",
    "chief_people_officer",
    "director_of_strategy",
    "director_of_improvement",
    "chief_information_officer",
    "non_executive_director",
]
Basis = Literal["substantive", "interim", "acting", "shared", "management_contract", "secondment"]
StaffGroup = Literal[
    "medical_and_dental",
    "nursing_and_midwifery",
    "allied_health_professionals",
    "healthcare_scientists",
    "scientific_and_technical",
    "clinical_support",
    "administrative_and_clerical",
    "estates_and_ancillary",
    "students",
]
Tier = Literal["introductory", "practitioner", "coach", "expert", "board"]
TrustType = Literal["acute", "acute_specialist", "mental_health", "community", "ambulance"]
LegalForm = Literal["nhs_trust", "foundation_trust"]
SystemKind = Literal["ics", "cluster", "region", "collaborative", "group", "place", "cohort"]
Rating = Literal["outstanding", "good", "requires_improvement", "inadequate"]
Reason = Literal[
    "mistyped", "superseded", "duplicate", "wrong_organisation", "withdrawn_by_source", "other"
]
Ground = Literal["wrong_figure", "wrong_date", "wrong_organisation", "not_ours"]
DisputeOutcome = Literal["upheld", "rejected"]
Dimension = Literal[
    "leadership", "culture", "skills", "funding", "board", "strategy", "connection", "practice"
]
Commitment = Literal[
    "executive_sponsor",
    "agreed_method",
    "standing_item",
    "quality_strategy",
    "induction",
    "board_measures",
]
OversightScheme = Literal[
    "special_measures", "recovery_support", "provider_improvement", "undertakings"
]
OversightDomain = Literal["quality", "finance"]
Shared = Literal["self_assessment", "exact_counts", "name_in_national_lists"]
Routine = Literal[
    "huddle",
    "visibility_board",
    "strategy_deployment",
    "leader_standard_work",
    "executive_visit",
    "catchball",
]
