"""Making a system of three hosted trusts and a partner, and what its pictures are tested with."""

import datetime as dt

from service.projections import system_picture
from tests.pure.cases import joined, system, trust
from tests.pure.histories import day, entries, event, histories

ON = "2026-05-15"
"""A day in the first quarter of 2026/27, so the next twelve months lie in five quarters."""
BASE = [
    system("ZS01"),
    *(trust(code) for code in ("ZT001", "ZT002", "ZT003", "ZT004")),
    *(joined(code, "ZS01") for code in ("ZT003", "ZT001", "ZT002")),
    joined("ZT004", "ZS01", role="partner"),
]


def seen(*events, on=ON, code="ZS01"):
    """Return the picture of the system with more events."""
    return system_picture.picture(code, histories(entries(*BASE, *events)), day(on))


def positions(evidence):
    """Return the numbers of the added events behind a figure, 1 for the first."""
    return [position - len(BASE) for position in evidence.first]


def figures(values):
    """Return the value of each trust by code."""
    return [(item.code, item.measure.value) for item in values.trusts]


def committed(code, to, pence=1200, name="a1", **more):
    """Return a non-recurrent agreement of the twelve months to a day."""
    begins = str(day(to) - dt.timedelta(days=364))
    return event(
        "FundingCommitted", code, begins, agreement=name, purpose="team", funder="icb",
        recurrence="non_recurrent", ring_fenced=True, pence=pence, to=to,
        **{"from": begins}, **more,
    )  # fmt: skip


def appointed(code, post, person, on, basis="substantive", **more):
    """Return that a leader took up a post."""
    return event("LeaderAppointed", code, on, post=post, person=person, basis=basis, **more)


def departed(code, post, person, on, reason="not_stated"):
    """Return that a leader left a post."""
    return event("LeaderDeparted", code, on, post=post, person=person, reason=reason)


def met(one, *others, on, kind="visit", assurance="public_record"):
    """Return a connection of one trust with others."""
    return event("ConnectionMade", one, on, assurance, kind=kind, **{"with": list(others)})


def counted_people(code, tier, people, on="2026-04-01", **more):
    """Return a census of a tier."""
    return event(
        "SkillsCounted", code, on, "self_declared", tier=tier, people=people, method="esr", **more
    )


def surveyed(code, percent, group="acute", edition="2025", on="2026-03-01"):
    """Return a trust's answer to q3f."""
    return event(
        "CultureSurveyed", code, on, instrument="nhs_staff_survey", year=int(edition),
        question="q3f", percent_positive=percent, base=1000, benchmark_group=group,
        edition=edition,
    )  # fmt: skip


def headcount(code, people):
    """Return a count of a trust's staff."""
    return event("WorkforceCounted", code, "2026-01-31", headcount=people)


def programme(code, method="qsir", until="2027-03-31", on="2024-01-01"):
    """Return that a trust joined a programme."""
    return event(
        "ProgrammeJoined", code, on, programme="qsir_college", kind="improvement", method=method,
        planned_until=until,
    )  # fmt: skip


def offered(code, topic, capacity=1):
    """Return an offer that stands."""
    return event(
        "OfferMade", code, "2026-01-01", topic=topic, capacity=capacity, until="2027-01-01"
    )


def asked(code, topic):
    """Return a request that stands."""
    return event("HelpRequested", code, "2026-01-01", topic=topic, until="2027-01-01")
