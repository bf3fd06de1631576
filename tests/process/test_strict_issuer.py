"""The code flow at an issuer that refuses what it should: it is certified, and runs here."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from service.behind import running
from service.domain.caller import Caller
from service.domain.roles import Grant
from service.door import fetching, issuer_file
from service.door.code_flow import Flow
from service.door.issuers import Issuers
from service.door.journey import Going, Returned
from tests.issuer import written

HERE = Path(__file__).parent / "issuer"
REDIRECT = "https://capmap.example.org/sign-in/callback"
SECRET = "secret of a test & no other"
NEEDED = "CI" in os.environ
"""Whether what the test needs must be there: `.ci/run` says so, by CI."""

pytestmark = [
    pytest.mark.package_index,
    pytest.mark.skipif(
        not NEEDED and "TEST_STRICT_ISSUER" not in os.environ,
        reason="it fetches a package of Node's: set TEST_STRICT_ISSUER=1, with node and npm",
    ),
    pytest.mark.skipif(not shutil.which("npm"), reason="node and npm are not installed"),
]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory) -> Iterator[str]:
    """The address of the issuer, installed from the lock into a folder that goes."""
    folder = tmp_path_factory.mktemp("issuer")
    for name in ("package.json", "package-lock.json", ".npmrc", "server.js"):
        shutil.copy(HERE / name, folder)
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    with subprocess.Popen(
        ["node", "server.js", REDIRECT, SECRET], cwd=folder, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()
        process.wait(timeout=10)


@pytest.fixture
async def flow(issuer, tmp_path):
    """The service's way to the issuer."""
    (tmp_path / "secret").write_text(SECRET)
    more = f'client_secret_file = "{tmp_path}/secret"'
    async with fetching.client() as http:
        issuers = Issuers(issuer_file.read(written(tmp_path, issuer, more)), http)
        yield Flow(issuers, REDIRECT, b"s" * 32, running.now)


async def back(url: str, cookie: str) -> Returned:
    """Go where a browser is sent, sign in, agree, and return with what the browser comes back."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(url)
        while not (to := answer.headers.get("location", "")).startswith(REDIRECT):
            if to:
                answer = await browser.get(urljoin(str(answer.url), to))
                continue
            form = re.search(r'<form[^>]* action="([^"]+)"', answer.text)[1]
            hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', answer.text))
            said = hidden | {"login": "anna", "password": "any"}
            answer = await browser.post(urljoin(str(answer.url), form), data=said)
        said = dict(parse_qsl(urlsplit(to).query))
        return Returned(cookie, **said)


async def test_the_code_flow_holds_at_a_strict_issuer(flow):
    """Who went comes back, once: the issuer redeems no code twice."""
    going = await flow.go("local")
    returned = await back(going.url, going.cookie)
    assert returned.iss is not None
    found = await flow.come(returned)
    assert isinstance(found, Caller), found
    assert found.grants == (Grant("lead", frozenset({"QZA"})),)
    assert (await flow.come(returned)).code == "not_signed_in"


async def test_a_code_is_worth_nothing_with_another_verifier(flow):
    """As where a thief sends the code that they caught back with a sign-in of their own."""
    going, thief = await flow.go("local"), await flow.go("local")
    assert isinstance(going, Going)
    caught = await back(going.url, going.cookie)
    theirs = dict(parse_qsl(urlsplit(thief.url).query))
    found = await flow.come(Returned(thief.cookie, theirs["state"], caught.code, caught.iss))
    assert found.code == "not_signed_in"
    assert isinstance(await flow.come(await back(going.url, going.cookie)), Caller)
