"""The page on onboarding and handover, followed as it stands: by the command and by its keys."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.database.test_readme import holds
from tests.database.test_submitting_pages import BLOCK, HERE, Reader, parts
from tests.demos import demo
from tests.process.test_command import capmap

PAGE = (Path(__file__).parents[2] / "docs" / "onboarding.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^(?:([A-Z]+)=\$\()?capmap ([^\n)]+)\)?\n", re.MULTILINE)
LEAVER = re.compile(r"^(\S+)  Burdockstow: A\. Example", re.MULTILINE)


class Operator(Reader):
    """Somebody who also has the command, on the machine where the service runs."""

    dsn: str

    async def do(self, block: str) -> list[Any]:
        """Do what a block says, commands of the machine first; return the answers of the API."""
        for variable, words in COMMAND.findall(block):
            said = shlex.split(words.replace("$LEAVER", self.values.get("LEAVER", "")))
            done = await asyncio.to_thread(capmap, self.dsn, *said)
            assert done.returncode == 0, done.stderr
            if variable:
                self.values[variable] = done.stdout.strip()
            if found := LEAVER.search(done.stdout):
                self.values["LEAVER"] = found[1]
        self.files |= dict(HERE.findall(block))
        return await self.follow(COMMAND.sub("", HERE.sub("", block)))


async def test_the_page_can_be_followed(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are made, a first file and draft come in, and the leaver's key opens nothing at last."""
    monkeypatch.setattr("service.door.keyring.KEPT", 0.0)  # as in a process 30 seconds later
    async with demo(dsn) as (client, secrets):
        operator = Operator(client, secrets)
        operator.dsn = dsn
        shown = 0
        for block, form, answers in BLOCK.findall(PAGE):
            found = await operator.do(block)
            if form == "json":
                found = found[-len(parts(answers)) :]
                for answer, part in zip(found, parts(answers), strict=True):
                    refused = part.get("status")
                    assert answer.is_success or answer.status_code == refused, answer.text
                    assert holds(answer.json(), part), (part, answer.json())
                    shown += 1
        assert shown == 13
        assert operator.values["LEAVER"]
