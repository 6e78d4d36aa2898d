"""An outsider gets a link, opens it by a button, narrows it, and is shut out at once when it is ended."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import log_in, opened, rows, total, violations
from tests.views.test_archive import sync


@pytest.fixture
def maker(account, live_server, page, context):
    """Somebody who may share, before an archive that holds all; `maker` is the server's address."""
    sync()
    log_in(context, live_server.url, "administrator", "Administrator")
    return live_server.url


def make_link(page: Page, site: str, question: str) -> str:
    opened(page, f"{site}/messages/?{question}")
    page.get_by_role("link", name="Share…").click()
    page.get_by_label("For whom").fill("Customer")
    page.get_by_label("Figures and charts").check()
    page.get_by_role("button", name="Make the link").click()
    return page.locator("#share-link").input_value()


@pytest.fixture
def outsider(browser: Browser, in_turn):
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    context.close()
    assert [one for one in complaints if "404" not in one] == []


def test_an_outsider_opens_a_link_narrows_it_and_is_shut_out_when_it_ends(maker, page, outsider):
    link = make_link(page, maker, "period=last_7_days&country=FR")
    opened(page, f"{maker}/messages/?period=last_7_days&country=FR")
    counted = total(page)

    outsider.goto(link)
    expect(outsider.get_by_role("heading", name="A view for you")).to_be_visible()
    outsider.get_by_role("button", name="Open the view").click()
    outsider.wait_for_url(f"{maker}/shared/messages/")
    assert total(outsider) == counted > 50
    expect(outsider.get_by_text("shared with you")).to_be_visible()
    assert "•" in rows(outsider).first.inner_text()

    outsider.get_by_label("Period").select_option("yesterday")
    outsider.wait_for_url(re.compile(r"/shared/messages/\?period=yesterday$"))
    assert 0 < total(outsider) < counted
    outsider.goto(f"{maker}/shared/messages/?period=last_12_months&country=SN")
    assert total(outsider) == 0

    outsider.goto(f"{maker}/shared/messages/")
    rows(outsider).first.click()
    expect(outsider.locator("#panel .panel-head")).to_be_visible()
    outsider.get_by_role("link", name="Analytics").click()
    outsider.wait_for_url(re.compile("/shared/analytics/"))
    outsider.locator("#chart_volume[data-drawn]").wait_for()
    outsider.wait_for_load_state("networkidle")

    opened(page, f"{maker}/shares/")
    expect(page.get_by_text(re.compile("opened 1 ×"))).to_be_visible()
    page.get_by_role("button", name="End now: “Customer”").click()
    expect(page.get_by_text(re.compile("ended by hand"))).to_be_visible()
    outsider.goto(f"{maker}/shared/messages/")
    expect(outsider.get_by_role("heading", name="Nothing is shared here")).to_be_visible()


def test_of_two_links_in_one_browser_the_first_says_that_it_is_to_be_opened_again(
    maker, page, outsider
):
    links = [make_link(page, maker, f"country={country}") for country in ("FR", "SN")]
    outsider.goto(links[0])
    outsider.get_by_role("button", name="Open the view").click()
    outsider.wait_for_load_state("networkidle")
    counted = total(outsider)
    second = outsider.context.new_page()
    second.goto(links[1])
    second.get_by_role("button", name="Open the view").click()
    expect(second.get_by_text("country: Senegal").first).to_be_visible()
    outsider.get_by_label("Period").select_option("yesterday")
    expect(outsider.get_by_role("heading", name="Another view is open")).to_be_visible()
    assert rows(outsider).count() == 0
    outsider.goto(links[0])
    outsider.get_by_role("button", name="Open the view").click()
    outsider.wait_for_load_state("networkidle")
    assert total(outsider) == counted


def test_the_way_of_an_outsider_needs_no_javascript(maker, page, browser):
    link = make_link(page, maker, "period=last_7_days&country=FR")
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    plain = context.new_page()
    plain.goto(link)
    plain.get_by_role("button", name="Open the view").click()
    assert rows(plain).count() == 50
    plain.get_by_label("Country").fill("Belgium")
    plain.get_by_role("button", name="Show", exact=True).click()
    assert rows(plain).count() == 0
    plain.get_by_role("button", name="FR", exact=True).click()
    expect(plain.get_by_text("partagé avec vous")).to_be_visible()
    context.close()


def test_pages_of_sharing_have_no_fault_that_axe_finds(maker, page, outsider):
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        outsider.emulate_media(color_scheme=theme)
        opened(page, f"{maker}/shares/")
        assert violations(page) == []
        opened(page, f"{maker}/messages/?country=FR")
        page.get_by_role("link", name="Share…").click()
        page.get_by_role("button", name="Make the link").click()
        assert "Say for whom it is" in page.locator(".field-error").first.inner_text()
        assert violations(page) == []
        link = make_link(page, maker, "country=FR")
        assert violations(page) == []
        outsider.goto(link)
        assert violations(outsider) == []
        outsider.get_by_role("button", name="Open the view").click()
        outsider.wait_for_load_state("networkidle")
        assert violations(outsider) == []
        outsider.goto(f"{maker}/s/nothing/")
        outsider.get_by_role("button", name="Open the view").click()
        expect(outsider.get_by_role("heading", name="Nothing is shared here")).to_be_visible()
        assert violations(outsider) == []
