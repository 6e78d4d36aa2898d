"""A real Chromium before a real server before the sandbox; any console error fails the test."""

import os
from collections.abc import Iterator
from threading import Lock

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from scripts import chromium
from tests.campaign import rounds
from tests.conftest import person
from tests.views.conftest import account, box

__all__ = ["account", "box"]

# Playwright's sync API runs an event loop, in which Django would refuse its own database calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

expect.set_options(timeout=15_000)

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's Chromium where there is one, else the one that Playwright brought."""
    found = chromium.find()
    options = {**browser_type_launch_args, "args": FLAGS}
    return {**options, "executable_path": found} if found else options


@pytest.fixture(scope="module", autouse=True)
def _as_migrated(roles_again) -> None:
    """Every test here ends with an empty database."""


class Turns:
    """Lets requests go one after the other, and none once the test is over.

    A database in memory is one connection for all of the server's threads: two transactions at once
    would end each other, and one that outlives its test would meet the next.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.is_open = False

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        answer = WSGIHandler.__call__

        def in_turn(handler, environ, start_response):
            with self.lock:
                if self.is_open:
                    return answer(handler, environ, start_response)
            start_response("503 Service Unavailable", [])
            return []

        patch.setattr(WSGIHandler, "__call__", in_turn)

    def set_open(self, *, is_open: bool) -> None:
        with self.lock:
            self.is_open = is_open


@pytest.fixture(scope="session")
def turns() -> Iterator[Turns]:
    made = Turns()
    with pytest.MonkeyPatch.context() as patch:
        made.patch(patch)
        yield made


@pytest.fixture(autouse=True)
def in_turn(live_server, turns) -> Iterator[None]:
    turns.set_open(is_open=True)
    yield
    turns.set_open(is_open=False)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "en-GB", "viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about; a test that expects some takes them out."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str], in_turn) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(15_000)

    def listen(message) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def note(request) -> None:
        # What a person typed or opened is that person's; all else is ours.
        if not request.is_navigation_request():
            fetched.append(request.url)

    fetched: list[str] = []
    # Of the whole context: what breaks the policy in a window that a test opened is told here too.
    context.on("console", listen)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", note)
    yield page
    kept = page.evaluate(KEPT) if page.url.startswith("http") else ""
    page.close()
    assert complaints == []
    assert [text for text in (kept, *fetched) if any(one in text for one in CANARIES)] == []


KEPT = """async () => JSON.stringify([
    {...localStorage}, {...sessionStorage}, history.state, window.name,
    await caches.keys(), await indexedDB.databases(),
])"""
"""T20, T35: whatever a page might leave in the browser; asked after each test."""

CANARIES = ("3363998", "3363991", "44770090", "sandbox-token", "sessionid")
"""Numbers of tests and secrets: in no storage, and in no address that a page fetches by itself."""


@pytest.fixture
def site(account, live_server, page, context):
    """Somebody of the support at the table; `site` is the server's address."""
    log_in(context, live_server.url, "support", "Support")
    return live_server.url


@pytest.fixture
def plain(browser: Browser, account, live_server) -> Iterator[tuple[Page, str]]:
    """A browser without JavaScript, somebody of the support before it; and the server's address."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    log_in(context, live_server.url, "support", "Support")
    yield context.new_page(), live_server.url
    context.close()


def log_in(context: BrowserContext, url: str, name: str, group: str) -> None:
    client = Client()
    client.force_login(person(name, group))
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": url, "httpOnly": True}])


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the page as it stands.

    It looks at the first rows of a table, at all of them in the long run: they are made alike, and
    it takes its time for each.
    """
    options = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        "resultTypes": ["violations"],
    }
    rest = [[f"tbody tr:nth-of-type(n + {rounds(sample=9, full=1_000_000)})"]]
    found = Axe().run(page, context={"exclude": rest}, options=options).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"][:3]
    ]


def rows(page: Page):
    return page.locator("tr[data-key]")


def keys(page: Page) -> list[str]:
    return rows(page).evaluate_all("all => all.map(row => row.dataset.key)")


def total(page: Page) -> int:
    return int(page.locator("table.rows").get_attribute("data-total") or "-1")


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def show(page: Page) -> None:
    page.get_by_role("button", name="Show", exact=True).click()


def panel(page: Page, name: str) -> Locator:
    """A panel of the analysis page."""
    return page.locator(f"#panel_{name}")


def chart(page: Page, name: str) -> Locator:
    """The canvas of a panel, once it is drawn."""
    found = page.locator(f"#chart_{name}[data-drawn]")
    found.wait_for()
    return found


def unfold(page: Page, name: str) -> Locator:
    """A panel with its table open."""
    found = panel(page, name)
    table = found.locator(".chart-table:not([open]) > summary")
    if table.count():
        table.click()
    return found


def number(text: str | None) -> int:
    """A count as the page writes it."""
    return int((text or "").replace(",", ""))
