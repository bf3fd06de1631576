"""Pages that hand something over: commands run in their order, and what is shown is answered."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.cli.serving import load_stories
from service.settings import load
from tests.database.test_api import client
from tests.database.test_readme import holds

__all__ = ["client"]  # a fixture that the test below uses

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n```(json|csv)\n(.*?)```)?", re.DOTALL)
HERE = re.compile(r"cat > (\S+) <<'END'\n(.*?)END\n", re.DOTALL)
WITH_VALUE = {"-F", "-X", "-H", "-d"}


def commands(block: str) -> Iterator[list[str]]:
    """Yield a block's commands as words; one goes on over lines while a quotation is open."""
    said = ""
    for line in block.splitlines():
        said = f"{said}\n{line}" if said else line
        if said.count("'") % 2 == 0:
            yield shlex.split(said)
            said = ""


def parts(shown: str) -> list[Any]:
    """Return the answers that a block shows, one after the other."""
    decoder, found, rest = json.JSONDecoder(), [], shown.strip()
    while rest:
        part, end = decoder.raw_decode(rest)
        found.append(part)
        rest = rest[end:].strip()
    return found


class Reader:
    """Somebody who follows the page; files: those written so far; upload: the one to be named."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.files: dict[str, str] = {}
        self.upload = ""

    async def follow(self, block: str) -> list[httpx.Response]:
        """Do what a block says; return the answers."""
        self.files |= dict(HERE.findall(block))
        answers = []
        for words in commands(HERE.sub("", block)):
            if words[0] == "sed":
                _, was, now, _ = words[2].split("/")
                self.files[words[3]] = self.files[words[3]].replace(was, now)
            else:
                answers.append(await self._curl(words))
        return answers

    async def _curl(self, words: list[str]) -> httpx.Response:
        address = words[-1].replace("$UPLOAD", self.upload)
        said: dict[str, list[str]] = {name: [] for name in WITH_VALUE}
        for name, value in itertools.pairwise(words):
            if name in WITH_VALUE:
                said[name].append(value)
            elif value.startswith("http"):
                address = value.replace("$UPLOAD", self.upload)
        form = {
            name: self._part(given) for name, _, given in (f.partition("=") for f in said["-F"])
        }
        answer = await self.http.request(
            (said["-X"] or ["POST" if form else "GET"])[0],
            address.removeprefix("http://127.0.0.1:8000"),
            headers=dict(h.split(": ") for h in said["-H"]),
            files=form or None,
            content=said["-d"][0] if said["-d"] else None,
        )
        self._note(answer)
        return answer

    def _part(self, given: str) -> tuple[str, str]:
        name = given.removeprefix("@")
        return name, self.files[name]

    def _note(self, answer: httpx.Response) -> None:
        """Remember the upload that was refused, or that recorded rows."""
        if "json" not in answer.headers["content-type"]:
            return
        receipt = answer.json().get("receipt", answer.json())
        if (
            receipt.get("kind") == "file"
            and receipt["id"]
            and not receipt["rows"]["already_recorded"]
        ):
            self.upload = receipt["id"]


@pytest.fixture
async def reader(dsn: str, client: httpx.AsyncClient) -> Reader:
    """Somebody before the log that the demo has."""
    await load_stories(load({}), dsn)
    return Reader(client)


@pytest.mark.parametrize(
    ("page", "begins", "shown"),
    [("docs/submitting.md", "", 17), ("README.md", "cat >", 4), ("docs/returns.md", "", 1)],
)
async def test_what_the_page_shows_is_answered(
    reader: Reader, page: str, begins: str, shown: int
) -> None:
    """Every command is taken, and each part of an answer that is shown is in the answer.

    begins: the first block to be followed; shown: how many answers the page shows from there on.
    """
    said = (ROOT / page).read_text(encoding="utf-8")
    seen = 0
    for block, form, answer in BLOCK.findall(said[said.index(f"```sh\n{begins}") :]):
        seen += await held(await reader.follow(block), form, answer)
    assert seen == shown


async def held(answers: list[httpx.Response], form: str, shown: str) -> int:
    """Hold what a block shows against the answers; return how many were shown."""
    for answer in answers:
        assert answer.status_code in {200, 201, 422}, answer.text
    if form == "csv":
        assert shown.strip().strip('"') in answers[0].text
    if form != "json":
        return 0
    for answer, part in zip(answers, parts(shown), strict=True):
        assert holds(answer.json(), part), (part, answer.json())
    return len(answers)
