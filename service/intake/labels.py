"""What a column is called, where its member's name alone would read badly to a person.

A label is the member's name with spaces and a capital; these are the exceptions, in one place. No
label may read as the path of another column, since a heading may be either (a test holds it).
"""

from __future__ import annotations

import re
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
    "your_reference": "Your reference",
    "id": "Event id",
}
"""What the columns that every type has are called, by path."""
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


ENVELOPE_HELP: Final[Mapping[str, str]] = {
    "type": "Which event the row tells of, such as StaffTrained; it may be left out where the name "
    "of the sheet or the request says it.",
    "organisation": "The code of the organisation that the row is about.",
    "effective": "The first day on which it is so; of an ending, the first day on which it is no "
    "longer so.",
    "precision": "How exactly the date is known; blank means to the day. Write a month as its 1st, "
    "a year as 1 January.",
    "certain": "No, where only one source suggests the date or the fact; blank means yes.",
    "assurance": "How much stands behind it; public_record and third_party are the operator's "
    "alone.",
    "source.kind": "Where it was found: public, if anybody may look it up, or own, for the "
    "organisation's own record.",
    "source.publisher": "Who published it.",
    "source.reference": "Where in the source it stands, such as a page or a paper's number.",
    "source.url": "The web address of the source, which begins with http:// or https://.",
    "source.edition": "Which edition of the source.",
    "source.row": "Which line of the source's file, from 1.",
    "your_reference": "What the row is called in your own records; sent again under the same name "
    "it is known to be the same row.",
    "id": "The event's UUID, if your system gives it one; it decides identity for ever.",
}
"""What the columns that every type has mean, by path."""
HELP: Final[Mapping[str, str]] = {
    "division": "The division's code, as in DivisionsSet.",
    "staff_group": "A staff group of the national workforce data set.",
    "person": "The person's opaque reference, which never holds the name.",
    "post": "Which post; only non_executive_director has several holders.",
    "course": "The course's code.",
    "programme": "The programme's code.",
    "network": "The network's code.",
    "invited": "How many people were asked.",
    "responded": "How many people answered.",
    "members_present": "Members of the board who were there.",
    "members_total": "Members of the board in all.",
    "wte_funded": "Whole-time equivalents that are paid for.",
    "wte_in_post": "Whole-time equivalents that are filled.",
    "assessed_from": "First day of the assessment that the ratings rest on.",
    "assessed_to": "Last day of the assessment that the ratings rest on.",
    "lowest": "The lowest stage that a participant gave.",
    "highest": "The highest stage that a participant gave.",
    "framework_version": "The version of the framework.",
    "scheme": "Which scheme.",
    "overall": "The overall rating; at least one rating is given.",
    "safe": "The rating for safe.",
    "caring": "The rating for caring.",
    "responsive": "The rating for responsive.",
    "well_led": "The rating for well-led.",
    "reason": "Why, in one of the words listed.",
}
"""What a member means, by its name, where the docstring speaks to builders."""
HELP_OF_TYPE: Final[Mapping[tuple[str, str], str]] = {
    ("BoardReviewedProgress", "data.reference"): "The paper's number or title.",
    ("ConnectionMade", "data.divisions"): "Codes of your divisions that take part.",
    ("ConnectionMade", "data.teams"): "Names of your teams that take part.",
    ("ConnectionMade", "data.with"): "Codes of the other organisations; this or the next is given.",
    ("ConnectionMade", "data.with_name"): "Name of a body that has no code.",
    ("DivisionsSet", "data.divisions[0].code"): "The trust's own code of it, unique within it.",
    ("FundingCommitted", "data.beneficiaries[0].organisation"): "Its code; each comes once.",
    ("FundingCommitted", "data.by_year[0].pence"): "The year's amount in pounds.",
    ("FundingCommitted", "data.from"): "First day that the money covers.",
    ("FundingCommitted", "data.pence"): "The total in pounds; this or the amounts of the years.",
    ("FundingCommitted", "data.to"): "Last day that the money covers.",
    ("IncomeReported", "data.pence"): "Total operating income of the year, in pounds.",
    ("MaturityAssessed", "data.framework"): "The code of what was used.",
    ("NetworkJoined", "data.members"): "People of the organisation who are members.",
    ("OversightAssessed", "data.financial_year"): "The financial year that was assessed.",
    ("OversightAssessed", "data.quarter"): "The quarter assessed, if it was one.",
    ("RegulatorRated", "data.effective"): "The rating for effective.",
    ("RegulatorRated", "data.framework"): "Key lines of enquiry (kloe, to 2023) or quality "
    "statements (since).",
    ("RegulatorRated", "data.location"): "Name of the location, where one was rated.",
    ("RegulatorRated", "data.scope"): "Whether the trust, a location or a service was rated.",
    ("RegulatorRated", "data.service"): "Name of the service, where one was rated.",
    ("ReturnMade", "data.financial_year"): "The financial year of the quarter.",
    ("ReturnMade", "data.quarter"): "Which quarter; 1 is April to June.",
    ("SystemSucceeded", "data.predecessors[0].system"): "The system's code; each comes once.",
}
"""As `HELP`, of one type alone."""


def helped(type_name: str, path: str, said: str) -> str:
    """Return what a column of a payload means: the exception, or what the docstring says."""
    first = re.sub(r"\[\d+\]", "[0]", path)
    return HELP_OF_TYPE.get((type_name, first)) or HELP.get(path.rpartition(".")[2]) or said


def label(type_name: str, member: str) -> str:
    """Return what a member of a type's payload is called."""
    found = OF_TYPE.get((type_name, member)) or MEMBERS.get(member)
    return found or member.replace("_", " ").capitalize()
