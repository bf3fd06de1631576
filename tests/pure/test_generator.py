"""The generator: deterministic, fictional, complete, in order, and like real life."""

from __future__ import annotations

import collections
import csv
import datetime as dt
import functools
import os
import re
import statistics
import tracemalloc
import uuid
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import main
from service.domain import codec, register
from service.domain.admission import Batch, Decision, Standing, decide
from service.domain.caller import LOCAL
from service.domain.chain import GENESIS, SALT_BYTES
from service.domain.envelope import type_name
from service.domain.mentions import mentioned
from service.domain.references import references
from service.generator import history, names, world
from service.generator.plan import Plan
from service.projections import trust_picture
from tests.pure.histories import day, entries, histories
from tests.strategies import LATEST, STORY

PLAN = Plan(seed=3, trusts=30, events=20_000)
FICTIONAL = re.compile(r"ZT(\d{3}|[A-Z]\d{2})|ZS\d{2,3}|ZC\d{2}")
SAMPLE = Plan(seed=133, trusts=10, events=1500)


@functools.cache
def lines(plan: Plan = PLAN) -> tuple[bytes, ...]:
    """Return a history's lines, made once."""
    return tuple(history.lines(plan))


@functools.cache
def submitted(plan: Plan = PLAN) -> tuple[codec.Submitted, ...]:
    """Return a history as the codec accepts it, line by line."""
    found = [codec.decode(line.rstrip(b"\n"), LATEST) for line in lines(plan)]
    refused = [one for one in found if not isinstance(one, codec.Submitted)]
    assert refused == []
    return tuple(found)


def events(*types: str, plan: Plan = PLAN) -> list:
    """Return the events of some types, or of all, each once."""
    once = {one.event.id: one.event for one in submitted(plan)}
    return [found for found in once.values() if not types or type_name(found) in types]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    """A history can be made anew, byte for byte, from what was asked for."""
    plan = Plan(seed=5, trusts=9, events=2000)
    assert b"".join(history.lines(plan)) == b"".join(history.lines(plan))
    other = Plan(seed=6, trusts=9, events=2000)
    assert b"".join(history.lines(plan)) != b"".join(history.lines(other))


@pytest.mark.parametrize(
    ("trusts", "count"), [(1, 700), (2, 50), (12, 1500), (26, 999), (200, 1000), (1100, 8000)]
)
def test_as_many_lines_as_were_asked_for(trusts, count):
    """Few or many events for few or many trusts: the count is exact, and every line is valid."""
    assert len(submitted(Plan(2, trusts, count))) == count


def test_every_line_is_canonical():
    """What is written is what the log would store: nothing is brought into form."""
    for line, one in zip(lines(), submitted(), strict=True):
        assert line == one.body + b"\n"


def test_whatever_an_event_refers_to_stands_earlier():
    """The order of lines is the order of recording."""
    seen: set[uuid.UUID] = set()
    for one in submitted():
        assert {named.id for named in references(one.event)} <= seen
        seen.add(one.event.id)


def test_no_id_is_drawn_by_nobody():
    """Ids come from the seed and say so: none claims to be random."""
    assert {found.id.version for found in events()} == {8}


def test_all_codes_are_fictional_and_registered():
    """Streams and mentions bear codes that the ODS does not issue, of bodies that are there."""
    own = {found.organisation for found in events("TrustRegistered", "SystemEstablished")}
    named = set().union(*(mentioned(found) for found in events()))
    assert named <= own
    assert all(FICTIONAL.fullmatch(code) for code in own)


def test_every_type_of_the_catalogue_occurs():
    """Twenty thousand events hold each type at least once."""
    assert {type_name(found) for found in events()} == set(register.BY_NAME)


def test_no_two_trusts_share_a_code_or_a_place():
    """The most trusts that can be asked for have codes and places of their own."""
    numbers = range(1, names.MOST_TRUSTS + 1)
    codes = [names.trust_code(number) for number in numbers]
    assert len(set(codes)) == len(codes)
    assert all(FICTIONAL.fullmatch(code) for code in codes)
    assert len({names.place(number) for number in range(6912)}) == 6912


def real_names_and_codes() -> set[str]:
    """Return the codes and names of the story and, where there is one, of the real register."""
    found: set[str] = set()
    for line in STORY.read_bytes().splitlines():
        one = codec.decode(line, LATEST)
        found |= {one.event.organisation, str(getattr(one.event.data, "name", "")).upper()}
    return found - {""}


def in_real_register(found: list, real: set[str]) -> list[str]:
    """Return the names and codes of registrations that somebody bears."""
    borne = [(one.organisation, one.data.name.upper()) for one in found]
    return [word for pair in borne for word in pair if word in real]


def test_nobody_of_the_story_is_in_a_generated_history():
    """No code and no name of a real organisation."""
    found = events("TrustRegistered", "SystemEstablished", plan=Plan(1, 3000, 6000))
    assert len(found) > 3000
    assert in_real_register(found, real_names_and_codes()) == []


def test_nobody_of_the_real_register_is_in_a_generated_history():
    """No code and no name that the Organisation Data Service has issued."""
    folder = os.environ.get("TEST_REGISTER_FOLDER")
    if folder is None:
        pytest.skip("TEST_REGISTER_FOLDER names no folder with files of the real register")
    real: set[str] = set()
    for path in Path(folder).glob("*.csv"):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            real |= {cell.strip().upper() for row in csv.reader(file) for cell in row}
    assert "RTP" in real
    found = events("TrustRegistered", "SystemEstablished", plan=Plan(1, 3000, 6000))
    assert in_real_register(found, real) == []


@pytest.mark.parametrize("plan", [PLAN, Plan(4, 70, 9000, 0.8), Plan(9, 12, 1500), Plan(7, 1, 900)])
def test_the_log_admits_every_line_and_knows_the_doubled_ones(plan):
    """Nothing is refused, whatever is late; a run sent twice is already recorded."""
    found = submitted(plan)
    wanted = frozenset(one.event.id for one in found)
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    standing = Standing(0, GENESIS, now, bytes(32), {}, {}, {}, {}, wanted)
    outcomes: list[str] = []
    for batch in cut(found):
        done = decide(Batch(batch, {}, LOCAL), standing, bytes(SALT_BYTES * len(batch)))
        assert isinstance(done, Decision), done
        outcomes += [one.outcome for one in done.outcomes]
    doubled = len(found) - len(wanted)
    assert outcomes.count("already_recorded") == doubled > 0


def cut(found: tuple) -> list[tuple]:
    """Return batches of 500."""
    return [found[at : at + 500] for at in range(0, len(found), 500)]


def share_out_of_order(plan: Plan) -> float:
    """Return the share of events that take effect before one recorded earlier in their stream."""
    newest: dict[str, dt.date] = {}
    late = total = 0
    for found in events(plan=plan):
        if type_name(found) == "EventCorrected":  # takes effect when its target does
            continue
        before = newest.get(found.organisation, dt.date.min)
        late += found.effective < before
        total += 1
        newest[found.organisation] = max(before, found.effective)
    return late / total


def test_the_share_of_late_events_is_the_one_asked_for():
    """None, a tenth, four fifths: within a few in a hundred."""
    assert share_out_of_order(Plan(3, 30, 20_000, 0.0)) == 0
    assert share_out_of_order(PLAN) == pytest.approx(0.1, abs=0.03)
    assert share_out_of_order(Plan(3, 30, 20_000, 0.8)) == pytest.approx(0.8, abs=0.06)


def hosted_in_the_end(plan: Plan) -> collections.Counter[str]:
    """Return how many open trusts each system hosts after the last event."""
    host: dict[str, str] = {}
    moves = [e for e in events("TrustJoinedSystem", plan=plan) if e.data.role == "host"]
    for found in sorted(moves, key=lambda one: one.effective):
        host[found.organisation] = found.data.system
    for found in events("TrustClosed", plan=plan):
        del host[found.organisation]
    return collections.Counter(host.values())


@pytest.mark.parametrize("trusts", [25, 30, 70, 200])
def test_the_largest_system_has_exactly_25_trusts(trusts):
    """What the measurements ask for: one of 25, the others smaller."""
    found = hosted_in_the_end(Plan(3, trusts, 8000))
    assert found.most_common(1) == [("ZS01", 25)]
    assert all(count <= 25 for count in found.values())
    assert all(8 <= size <= 25 for size in world.sizes(200))


def test_events_are_spread_evenly():
    """Of trusts that are open all the time none has half as many events again as another."""
    closed = {found.organisation for found in events("TrustClosed")}
    count = collections.Counter(e.organisation for e in events() if e.organisation[1] == "T")
    found = sorted(count[code] for code in count if code not in closed)
    assert found[-1] < 1.5 * found[0]


BIG = Plan(seed=8, trusts=60, events=60_000)


def test_chief_executives_stay_about_three_years():
    """Half of the tenures that began and ended in the history are shorter than some three years."""
    begun = {
        found.data.person: found.effective
        for found in events("LeaderAppointed", plan=BIG)
        if found.data.post == "chief_executive" and found.data.basis == "substantive"
    }
    stays = [
        (found.effective - begun[found.data.person]).days / 30.4
        for found in events("LeaderDeparted", plan=BIG)
        if found.data.person in begun
    ]
    assert 20 < statistics.median(stays) < 50


def test_about_one_executive_post_in_twelve_is_vacant_or_interim():
    """As the field has it: 8 in a hundred, over all trusts and years."""
    boards = [found.data for found in events("BoardComposed", plan=BIG)]
    gaps = sum(board.executive_vacant + board.executive_interim for board in boards)
    assert 0.04 < gaps / sum(board.executive_posts for board in boards) < 0.12


def test_between_five_and_twenty_five_in_a_hundred_are_trained_a_year():
    """Completions of the introductory course over staff, of each trust in the last year."""
    trained: collections.Counter[str] = collections.Counter()
    staff: dict[str, int] = {}
    for found in events("StaffTrained", plan=BIG):
        year = dt.date(2025, 11, 1) <= found.effective < dt.date(2026, 11, 1)
        if year and found.data.tier == "introductory" and found.data.participant_group == "staff":
            trained[found.organisation] += found.data.completions
    for found in events("WorkforceCounted", plan=BIG):
        staff[found.organisation] = found.data.headcount
    shares = sorted(trained[code] / staff[code] for code in trained)
    assert 0.08 < statistics.median(shares) < 0.22
    assert shares[len(shares) // 10] > 0.03
    assert shares[len(shares) * 9 // 10] < 0.32


def test_other_sides_confirm_and_disputes_are_settled():
    """Most connections are confirmed; most disputes come to an end."""
    about = {e.data.event for e in events("EventConfirmed", plan=BIG)}
    made = [e for e in events("ConnectionMade", plan=BIG) if e.data.with_]
    confirmed = sum(found.id in about for found in made) / len(made)
    assert 0.6 < confirmed < 0.95
    disputes = len(events("EventDisputed", plan=BIG))
    assert len(events("DisputeSettled", plan=BIG)) > disputes / 2


def test_a_retraction_is_now_and_then_retracted_itself():
    """The hardest case of the record stands in any history of some size."""
    retractions = {e.id: e.data.event for e in events("EventRetracted")}
    corrections = {e.id for e in events("EventCorrected")}
    assert set(retractions.values()) & set(retractions)
    assert set(retractions.values()) & corrections


def test_a_long_history_is_made_in_little_memory():
    """Three times as many events need no more than what a longer month holds."""
    tracemalloc.start()
    try:
        total = sum(len(line) for line in history.lines(Plan(1, 10, 40_000)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < total / 3


def test_the_command_writes_a_history(tmp_path):
    """`capmap generate --out FILE` writes the lines of the plan."""
    out = tmp_path / "history.ndjson"
    asked = ["generate", "--seed", "5", "--trusts", "9", "--events", "700", "--out", str(out)]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == b"".join(history.lines(Plan(5, 9, 700)))


def test_the_fictional_sample_is_what_the_command_makes_today():
    """The demo's second sample can be made anew, byte for byte."""
    kept = resources.files("service.story").joinpath("fictional.ndjson").read_bytes()
    assert kept == b"".join(history.lines(SAMPLE))


def test_every_dimension_of_the_sample_has_something_to_show():
    """On 1 September 2026 some trusts have a level in each dimension, and not all the same."""
    known = histories(entries(*events(plan=SAMPLE)))
    pictures = [trust_picture.picture(c, known, day("2026-09-01")) for c in known if c[1] == "T"]
    for dimension in pictures[0].levels:
        levels = [picture.levels[dimension].level for picture in pictures]
        found = [level for level in levels if level is not None]
        assert len(found) >= 4, dimension
        assert len(set(found)) >= 2, dimension
