"""The audit of the dependencies says what it knows, and says so when it knows nothing."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / ".ci" / "audit.py"


@pytest.fixture(scope="module")
def audit():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("audit", PATH)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


SOUND = {"name": "a", "version": "1.0", "vulns": []}
WEAK = {
    "name": "b", "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"], "description": ""}],
}  # fmt: skip
SKIPPED = {"name": "c", "skip_reason": "could not be audited"}


@pytest.mark.parametrize(
    ("found", "code", "begins"),
    [
        ([SOUND, SOUND], 0, "No weakness is known of the 2"),
        ([SOUND, WEAK], 1, "Dependencies have known weaknesses:\n  b 1.0: PYSEC-1"),
        ([SKIPPED, WEAK], 1, "Dependencies have known weaknesses"),
        ([SOUND, SKIPPED], 0, "DEPENDENCIES WERE NOT AUDITED: 1 of 2"),
    ],
)
def test_a_weakness_ends_the_build_and_what_was_not_looked_up_is_said(audit, found, code, begins):
    """What was skipped is never taken for sound."""
    ended, told = audit.judged(json.dumps({"dependencies": found}), set())
    assert (ended, told[: len(begins)]) == (code, begins)


@pytest.mark.parametrize("said", ["", "Traceback: no connection", "{}"])
def test_without_an_answer_it_says_that_nothing_was_audited(audit, said):
    """A build without a network passes, and loudly."""
    assert audit.judged(said, set()) == (
        0, "DEPENDENCIES WERE NOT AUDITED: the service could not be asked.",
    )  # fmt: skip


def test_what_is_lived_with_is_named_by_any_of_its_names(audit):
    """By the id or an alias; comments say why."""
    lived_with = audit.accepted("# why\nCVE-1  # never called here\n")
    assert audit.judged(json.dumps({"dependencies": [WEAK]}), lived_with)[0] == 0
    assert audit.accepted(audit.ACCEPTED.read_text()) == set(), "a line there is a decision"


def test_a_program_that_hangs_is_ended(audit, tmp_path):
    """The build goes on."""
    program = tmp_path / "hangs"
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    program.chmod(0o755)
    began = time.monotonic()
    assert audit.report(str(program), "requirements/test.txt", 0.2) == ""
    assert time.monotonic() - began < 10
