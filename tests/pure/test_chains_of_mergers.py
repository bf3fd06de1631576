"""What goes on over one merger and then another: each successor may end it in its time."""

import pytest

from service.projections import trust_picture
from tests.pure.cases import merged, trust
from tests.pure.histories import day, entries, event
from tests.pure.loading import loaded, parts

WORLD = [trust("ZT001"), trust("ZT002"), trust("ZT003")]
CHAIN = [merged("ZT003", "ZT002", "2023-01-01"), merged("ZT002", "ZT001", "2025-01-01")]


def picture(*events, on="2026-01-01"):
    """Return the picture of the last successor, of what the service loads."""
    made = entries(*WORLD, *events)
    return trust_picture.picture("ZT001", loaded("ZT001", parts(made, len(made))), day(on))


def test_a_programme_that_the_first_of_two_successors_left_is_left():
    """The successor may end what goes on: also one that was itself absorbed since."""
    programme = {"programme": "g1"}
    found = picture(
        event("ProgrammeJoined", "ZT003", "2022-01-01", **programme, kind="improvement"),
        event("ProgrammeLeft", "ZT002", "2024-01-01", **programme, reason="withdrawn"),
        *CHAIN,
    )
    assert found.strategy.measures["strategy_live"].value is False


def test_a_project_that_the_first_of_two_successors_completed_is_complete():
    """As of a programme: it runs no more."""
    found = picture(
        event("ProjectStarted", "ZT003", "2022-01-01", project="a", title="T"),
        event("ProjectCompleted", "ZT002", "2024-01-01", project="a", outcome="improved",
              evidence="narrative"),
        *CHAIN,
    )  # fmt: skip
    assert found.practice.active == ()


REPLACED = {"by_post": "chief_executive", "continues": "replaced"}


@pytest.mark.parametrize(
    ("by", "on", "live"),
    [
        ("ZT003", "2022-06-01", False),
        ("ZT003", "2024-01-01", True),
        ("ZT002", "2022-06-01", True),
        ("ZT002", "2024-01-01", False),
        ("ZT002", "2025-06-01", True),
        ("ZT001", "2024-01-01", True),
        ("ZT001", "2025-06-01", False),
    ],
)
def test_an_approach_is_replaced_by_whoever_leads_it_at_the_time(by, on, live):
    """Of what the first body began: itself to its merger, the second to the next, then the last."""
    found = picture(
        event("StrategyAdopted", "ZT003", "2021-01-01", strategy="s", title="T",
              scope="improvement"),
        event("LeadershipApproachAffirmed", by, on, approach="s", **REPLACED),
        *CHAIN,
    )  # fmt: skip
    assert found.strategy.measures["strategy_live"].value is live


def test_each_of_three_bodies_replaces_its_own_approach_and_no_other_s():
    """What each began goes on but for what whoever led it then replaced."""
    adopted = [
        event("StrategyAdopted", code, "2021-01-01", strategy=code.lower(), title="T",
              scope="improvement")
        for code in ("ZT001", "ZT002", "ZT003")
    ]  # fmt: skip
    said = [
        ("ZT002", "2024-01-01", "zt003"),
        ("ZT003", "2022-06-01", "zt002"),
        ("ZT001", "2024-01-01", "zt001"),
    ]
    found = picture(
        *adopted,
        *(
            event("LeadershipApproachAffirmed", code, on, approach=approach, **REPLACED)
            for code, on, approach in said
        ),
        *CHAIN,
    )
    assert [one.code for one in found.strategy.live] == ["zt002"]
