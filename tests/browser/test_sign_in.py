"""Signing in as a person does, in a real browser: it must not be refused by our own guards."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import Run, copied
from tests.issuer import providing, written
from tests.process.test_guard_rails_served import listening, operator
from tests.process.test_shutdown import free_port

driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
ROOT = Path(__file__).parents[2]
SUBJECT = "anna.smith@example.org"
NARROW = {"width": 320, "height": 640}
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


class Served(NamedTuple):
    """A service of its own process: its address, a key that opens it, and its issuer's address."""

    url: str
    secret: str
    issuer: str


@pytest.fixture(scope="module")
def served(server: str, run: Run, template: str, tmp_path_factory) -> Iterator[Served]:
    """A service that asks for keys, over http on this machine, with an issuer on another site."""
    folder, port = tmp_path_factory.mktemp("browser"), free_port()
    (folder / "secret").write_text("any that it takes")
    person = {"sub": SUBJECT, "roles": ["CapMap.Operator"]}
    with providing(person) as issuer, copied(run, server, template) as dsn:
        more = f'client_secret_file = "{folder}/secret"'
        settings = {
            "DATABASE_URL": dsn, "CAPMAP_PORT": str(port), "CAPMAP_ACCESS": "keys",
            "CAPMAP_ISSUERS": written(folder, issuer, more), "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        secret = asyncio.run(operator(dsn))
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CAPMAP_")}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve"],
                env=kept | settings, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            asyncio.run(listening(process, port))
            yield Served(f"http://127.0.0.1:{port}", secret, issuer)
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def chromium(served: Served) -> Iterator[driver.Browser]:
    """The browser, which all tests of the module share.

    Its driver keeps a loop running in this thread, so it begins after what else runs one, and ends
    before.
    """
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: driver.Browser, served: Served) -> Iterator[driver.Page]:
    """A page of an empty browser, where no page of ours asks elsewhere or breaks its own policy.

    The console is where a browser reports what a page's Content-Security-Policy forbade. What the
    issuer's page asks of elsewhere is its own affair, and not fetched.
    """
    elsewhere: list[str] = []
    reports: list[str] = []
    known = {urlsplit(one).netloc for one in (served.url, served.issuer)}

    def kept_in(route: driver.Route) -> None:
        """Let through what goes to the service and to the issuer."""
        if urlsplit(route.request.url).netloc in known:
            route.continue_()
            return
        if not route.request.frame.url.startswith(served.issuer):
            elsewhere.append(route.request.url)
        route.abort()

    def noted(said: driver.ConsoleMessage) -> None:
        """Keep what is said of a policy."""
        if "Security Policy" in said.text:
            reports.append(said.text)

    with chromium.new_context(base_url=served.url, viewport=NARROW) as context:
        context.set_default_timeout(5_000)
        context.route("**/*", kept_in)
        made = context.new_page()
        made.on("console", noted)
        yield made
    assert not elsewhere
    assert not reports


def fit(page: driver.Page, heading: str) -> None:
    """Assert that a page has this one first heading, fits its window and passes axe."""
    assert page.locator("h1").all_inner_texts() == [heading]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def give(page: driver.Page, secret: str) -> None:
    """Send a key from the page for signing in, by the keyboard alone."""
    page.get_by_label("Your key").focus()
    page.keyboard.type(secret)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def status(page: driver.Page, path: str = "/api/v1/me") -> int:
    """Return the status that this browser is answered with at a path."""
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def test_a_person_signs_in_with_a_key_and_out(page, served):
    """The session opens the data in the same browser; after signing out, going back shows none."""
    page.goto("/sign-in")
    fit(page, "Sign in")
    give(page, served.secret)
    fit(page, "You are signed in")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("capmap", True, "Lax")
    page.get_by_role("link", name="Your roles").click()
    assert '"sees_all":true' in page.content().replace(" ", "")
    page.go_back()
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_selector("#key")
    fit(page, "Sign in")
    assert page.context.cookies() == []
    page.go_back()
    assert "You are signed in" not in page.content()
    assert status(page) == 401


def test_a_wrong_key_is_told_beside_the_field(page, served):
    """The page asks again at once, with the field in focus; the right key then opens."""
    page.goto("/sign-in")
    give(page, served.secret[:-4] + "AAAA")
    fit(page, "Sign in")
    assert page.title().startswith("Error: ")
    assert "This key opens nothing" in page.get_by_role("alert").inner_text()
    assert page.evaluate("document.activeElement.id") == "key"
    assert page.context.cookies() == []
    give(page, served.secret)
    fit(page, "You are signed in")


def test_a_person_signs_in_at_an_issuer(page, served):
    """With PKCE; the cookie of the way there comes along on the way back from another site."""
    page.goto("/sign-in")
    page.get_by_role("link", name="The local issuer").press("Enter")
    page.wait_for_url(f"{served.issuer}/**")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["code_challenge_method"] == ["S256"]
    page.locator("[name=sub]").first.fill(SUBJECT)
    page.locator("[name=sub]").first.press("Enter")
    page.wait_for_url(f"{served.url}/sign-in")
    fit(page, "You are signed in")
    assert [one["name"] for one in page.context.cookies(served.url)] == ["capmap"]
    assert status(page) == 200


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/problems", "Problems"),
        ("/problems/not_signed_in", "You are not signed in"),
        ("/sign-in/callback?code=x&state=y", "You are not signed in"),
    ],
)
def test_what_went_wrong_is_a_page_that_anybody_can_read(page, path, heading):
    """The way out is on it."""
    page.goto(path)
    fit(page, heading)
