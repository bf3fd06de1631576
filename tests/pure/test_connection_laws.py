"""Laws of strategy, connection and practice: order of arrival and repeats change nothing."""

from hypothesis import given
from hypothesis import strategies as st

from service.domain.envelope import type_name
from service.projections import trust_picture
from tests.pure.cases import joined, merged, system, trust, year_of_returns
from tests.pure.histories import day, entries, event, histories

ON = "2026-03-31"
DAYS = st.dates(day("2022-01-01"), day("2026-06-30")).map(lambda found: found.isoformat())
WORLD = [
    trust("ZT001"), trust("ZT002"), trust("ZT003"), system("ZS01"), joined("ZT001", "ZS01"),
    joined("ZT003", "ZS01"), merged("ZT002", "ZT001", "2025-01-01"),
    *year_of_returns("connection", "2025/26"),
]  # fmt: skip


def uid(number):
    """Return the id of an event that was given a number."""
    return f"00000000-0000-0000-0000-{number:012x}"


def connected(on, number, code):
    """Return a lasting connection with a trust of the same system."""
    return event(
        "ConnectionMade", code, on, "public_record", number, kind="buddying", **{"with": ["ZT003"]}
    )


def parted(on, number, code):
    """Return the end of a connection that is made by the first test event of the number."""
    return event("ConnectionEnded", code, on, connection_event=uid(max(number - 1, 1)))


def offered(on, number, code):
    """Return an offer."""
    return event(
        "OfferMade", code, on, "self_declared", number, topic="t", capacity=2, until="2027-01-01"
    )


def entered(on, _, code):
    """Return that a network was joined."""
    return event("NetworkJoined", code, on, network="aqua")


def quitted(on, _, code):
    """Return that a network was left."""
    return event("NetworkLeft", code, on, network="aqua")


def started(on, number, code):
    """Return the start of one of two projects."""
    return event("ProjectStarted", code, on, project=f"p{number % 2}", title="T")


def completed(on, number, code):
    """Return the end of one of two projects."""
    return event(
        "ProjectCompleted", code, on,
        project=f"p{number % 2}", outcome="improved", evidence="before_after",
    )  # fmt: skip


def held(on, number, code):
    """Return the start of a routine in one of two divisions."""
    return event("ManagementRoutineStarted", code, on, kind="huddle", divisions=[f"d{number % 2}"])


def dropped(on, _, code):
    """Return the end of a routine."""
    return event("ManagementRoutineEnded", code, on, kind="huddle")


def adopted(on, number, code):
    """Return a strategy with one of two methods."""
    return event(
        "StrategyAdopted", code, on,
        strategy="s", title="T", scope="improvement", method=f"m{number % 2}",
    )  # fmt: skip


def ended(on, _, code):
    """Return the end of the strategy."""
    return event("StrategyEnded", code, on, strategy="s")


MAKERS = [
    connected, parted, offered, entered, quitted, started, completed, held, dropped, adopted, ended,
]  # fmt: skip


def said(*events):
    """Return each measure's value and status, the levels, and what is shown as live."""
    found = trust_picture.picture("ZT001", histories(entries(*WORLD, *events)), day(ON))
    sections = (found.strategy, found.connection, found.practice)
    measures = [
        (name, item.value, item.status)
        for section in sections
        for name, item in section.measures.items()
    ]
    shown = (
        [(item.code, item.start.date, item.method) for item in found.strategy.live],
        [(item.with_, item.start.date, item.live) for item in found.connection.connections],
        [(item.other, item.last) for item in found.connection.exchanges],
        [(item.network, item.start.date) for item in found.connection.networks],
        [(item.kind, item.divisions) for item in found.practice.routines],
        [(item.project, item.inherited_from) for item in found.practice.active],
    )
    return measures, [(name, answer.level) for name, answer in found.levels.items()], shown


TOLD = st.lists(
    st.tuples(st.sampled_from(MAKERS), DAYS, st.sampled_from(["ZT001", "ZT002"])),
    unique_by=lambda one: one[1],
    max_size=12,
)


def events_of(told):
    """Return the events told, without endings of connections that are not told."""
    events = [make(on, number, code) for number, (make, on, code) in enumerate(told, 1)]
    made = {event.id for event in events if type_name(event) == "ConnectionMade"}
    return [
        event for event in events if getattr(event.data, "connection_event", None) in {None, *made}
    ]


@given(TOLD, st.randoms(use_true_random=False))
def test_what_is_known_on_a_date_does_not_depend_on_the_order_of_arrival(told, random):
    """Recorded in any order, events of different days give the same measures and levels."""
    kept = events_of(told)
    shuffled = kept[:]
    random.shuffle(shuffled)
    assert said(*kept) == said(*shuffled)


@given(TOLD)
def test_every_figure_rests_on_events_by_the_date(told):
    """No measure names an event that is effective later, but returns, which count by period."""
    kept = events_of(told)
    made = entries(*WORLD, *kept)
    events = [e for e in made if type_name(e.event) != "ReturnMade"]
    later = {entry.position for entry in events if entry.event.effective > day(ON)}
    found = trust_picture.picture("ZT001", histories(made), day(ON))
    for section in (found.strategy, found.connection, found.practice):
        for item in section.measures.values():
            assert not set(item.events.first) & later
