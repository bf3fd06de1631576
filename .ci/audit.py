"""Say what is known of the dependencies' weaknesses: `audit.py PIP_AUDIT LOCK`.

Ends with 1 for a weakness that is known and not in `.ci/accepted`; with 0 and a loud line where the
service that knows them could not be asked, since a build without a network must pass. pip-audit by
itself says "No known vulnerabilities found" then, because it skips what it cannot look up.
"""

# ruff: noqa: INP001 - a script beside the build, which nobody imports

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SECONDS = 180
ACCEPTED = Path(__file__).with_name("accepted")
ASKED = (
    "--require-hashes", "--disable-pip", "--format=json", "--progress-spinner=off", "--timeout=10",
)  # fmt: skip


def main() -> int:
    """Ask, print what was answered, and return the code to end with."""
    program, lock = sys.argv[1:]
    code, told = judged(report(program, lock), accepted(ACCEPTED.read_text(encoding="utf-8")))
    print(told)  # noqa: T201 - it is read in the build's log
    return code


def report(program: str, lock: str, seconds: float = SECONDS) -> str:
    """Return what the program says of a lock; nothing where it does not end in time."""
    try:
        done = subprocess.run(  # noqa: S603 - the program is what make installed
            [program, *ASKED, "-r", lock], capture_output=True, text=True, timeout=seconds,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def accepted(text: str) -> set[str]:
    """Return the weaknesses that are lived with: a line each, its name and why."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return {line[0] for line in lines if line}


def judged(said: str, lived_with: set[str]) -> tuple[int, str]:
    """Return the code to end with, and what to say."""
    try:
        found = json.loads(said)["dependencies"]
    except (ValueError, KeyError):
        return 0, "DEPENDENCIES WERE NOT AUDITED: the service could not be asked."
    skipped = sum("skip_reason" in one for one in found)
    weak = [
        f"  {one['name']} {one['version']}: {what['id']}, mended in {what['fix_versions']}"
        for one in found
        for what in one.get("vulns", ())
        if not {what["id"], *what.get("aliases", ())} & lived_with
    ]
    if weak:
        return 1, "\n".join(["Dependencies have known weaknesses:", *weak])
    if skipped:
        told = f"{skipped} of {len(found)} were not found where weaknesses are known."
        return 0, f"DEPENDENCIES WERE NOT AUDITED: {told}"
    return 0, f"No weakness is known of the {len(found)} dependencies."


if __name__ == "__main__":
    sys.exit(main())
