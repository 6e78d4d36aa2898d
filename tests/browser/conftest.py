"""A real Chromium before a real server before the sandbox; any console error fails the test."""

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from tests.conftest import make_roles, person
from tests.views.conftest import account, box

__all__ = ["account", "box"]

# Playwright's sync API runs an event loop, in which Django would refuse its own database calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's Chromium where there is one, else the one that Playwright brought."""
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    options = {**browser_type_launch_args, "args": FLAGS}
    return {**options, "executable_path": found} if found else options


@pytest.fixture(scope="module", autouse=True)
def roles_again(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Leave the database as the migrations made it, for whatever test comes next."""
    yield
    with django_db_blocker.unblock():
        make_roles()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "en-GB", "viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about; a test that expects some takes them out."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(15_000)

    def listen(message) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def site(account, live_server, page, context):
    """Somebody of the support at the table; `site` is the server's address."""
    log_in(context, live_server.url, "support", "Support")
    return live_server.url


def log_in(context: BrowserContext, url: str, name: str, group: str) -> None:
    client = Client()
    client.force_login(person(name, group))
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the page as it stands."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"][:3]
    ]
