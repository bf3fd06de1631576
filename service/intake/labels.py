"""What a column is called, where its member's name alone would read badly to a person.

A label is the member's name with spaces and a capital; these are the exceptions, in one place. No
label may read as the path of another column, since a heading may be either (a test holds it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENVELOPE: Final[Mapping[str, str]] = {
    "type": "Event type",
    "organisation": "Organisation code",
    "effective": "Effective date",
    "precision": "How exact the date is",
    "certain": "Certain?",
    "assurance": "Assurance",
    "source.kind": "Source",
    "source.publisher": "Source: publisher",
    "source.reference": "Source: reference",
    "source.url": "Source: web address",
    "source.edition": "Source: edition",
    "source.row": "Source: row",
    "id": "Event id",
}
TYPE_HELP: Final = (
    "Which event the row tells of, such as StaffTrained; may be left out where the sheet's name or"
    " the request says it."
)
REFERENCE_HELP: Final = (
    "What the row is called in your own records; a row sent again under it is known to be the same."
)
ORDER: Final = (
    "type", "organisation", "effective", "precision", "certain", "assurance", "source.kind",
    "source.publisher", "source.reference", "source.url", "source.edition", "source.row",
    "your_reference", "id",
)  # fmt: skip
"""In which order the envelope's columns stand."""
MEMBERS: Final[Mapping[str, str]] = {
    "active_last_12m": "Active in the last 12 months",
    "assessment_event": "Assessment (event id)",
    "base": "People who answered",
    "beneficiaries": "Beneficiary",
    "by": "Part",
    "by_post": "Post of who said it",
    "by_year": "Year",
    "code": "Code",
    "connection_event": "Connection (event id)",
    "cross_division_share": "Ties across divisions (share, 0 to 1)",
    "data_form": "Form of the data",
    "density_share": "Density (share, 0 to 1)",
    "dispute_event": "Dispute (event id)",
    "divisions": "Divisions",
    "equity_considered": "Equity considered?",
    "esr": "ESR",
    "event": "Event (event id)",
    "executive_interim": "Executive posts held by interims",
    "executive_vacant": "Executive posts vacant",
    "from_organisation": "Lent by organisation",
    "held_months": "Months the gain has held",
    "hours": "Hours for one participant",
    "lapses_on": "Training lapses on",
    "lived_experience": "People with lived experience took part?",
    "offer_event": "Offer (event id)",
    "pence": "Amount (£)",
    "percent_positive": "Answered positively (%)",
    "person": "Person (reference)",
    "predecessors": "Predecessor",
    "project_based": "Each participant ran a project?",
    "reciprocity_share": "Ties named by both sides (share, 0 to 1)",
    "request_event": "Request (event id)",
    "ring_fenced": "Ring-fenced?",
    "saving_pence": "Saved in a year (£)",
    "successor_known": "Successor known?",
    "virtual": "On screens only?",
    "with_name": "Other organisation's name",
    "wte": "WTE",
    "wte_funded": "WTE funded",
    "wte_in_post": "WTE in post",
    "wte_released": "WTE released",
}
OF_TYPE: Final[Mapping[tuple[str, str], str]] = {
    ("AmbitionSet", "by"): "Reach by",
    ("BoardReviewedProgress", "reference"): "Reference of the paper",
    ("ConnectionMade", "with"): "With organisations",
    ("ConnectionMade", "who"): "Who takes part",
    ("DivisionsSet", "divisions"): "Division",
    ("EventCorrected", "data"): "What it should have said",
    ("FundingCommitted", "from"): "Covers from",
    ("FundingCommitted", "pence"): "Total amount (£)",
    ("FundingCommitted", "to"): "Covers to",
    ("FundingWithdrawn", "from"): "Withdrawn from",
    ("IncomeReported", "pence"): "Income (£)",
    ("InvolvementAgreed", "with"): "Who is involved",
    ("LeadershipApproachAffirmed", "continues"): "Does it continue?",
    ("LeadershipApproachAffirmed", "reference"): "Where it was said",
    ("LearningShared", "about"): "About a success or a difficulty",
    ("MaturityAssessed", "by"): "Whose view it is",
    ("MaturityAssessed", "lowest"): "Lowest stage given",
    ("MaturityAssessed", "highest"): "Highest stage given",
    ("MaturityShared", "as"): "Shared as",
    ("MaturityShared", "with"): "Shared with organisation",
    ("PracticeAdopted", "from"): "From organisation",
    ("PracticeAdopted", "project"): "Their project",
    ("RegulatorRated", "overall"): "Rating: overall",
    ("RegulatorRated", "safe"): "Rating: safe",
    ("RegulatorRated", "effective"): "Rating: effective",
    ("RegulatorRated", "caring"): "Rating: caring",
    ("RegulatorRated", "responsive"): "Rating: responsive",
    ("RegulatorRated", "well_led"): "Rating: well-led",
    ("RegulatorRated", "scope"): "What was rated",
    ("ShareGranted", "with"): "Shared with organisation",
    ("ShareGranted", "what"): "What they may see",
    ("ShareWithdrawn", "with"): "No longer shared with organisation",
    ("ShareWithdrawn", "what"): "What they may no longer see",
    ("SupportGiven", "by"): "Given by",
    ("SupportGiven", "by_kind"): "Kind of giver",
    ("SupportGiven", "kind"): "Kind of support",
    ("TrustMerged", "into"): "Into organisation",
}


def label(type_name: str, member: str) -> str:
    """Return what a member of a type's payload is called."""
    found = OF_TYPE.get((type_name, member)) or MEMBERS.get(member)
    return found or member.replace("_", " ").capitalize()
