"""Each panel of the analysis comes, fails and is copied alone, with and without a script."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from messages_app.provider.errors import NetworkFault
from messages_app.views.panels import PANELS
from tests.browser.conftest import chart, number, opened, panel, total, unfold, violations
from tests.browser.test_traffic import painted

YESTERDAY = "/analytics/?period=yesterday"


def breaking(monkeypatch, name: str, error: Exception) -> None:
    def work(_query, _aside):
        raise error

    monkeypatch.setitem(PANELS, name, replace(PANELS[name], work=work))


def test_a_panel_whose_figures_cannot_be_had_says_so_and_can_be_asked_again(
    site, page, monkeypatch
):
    breaking(monkeypatch, "reasons", NetworkFault())
    opened(page, site + YESTERDAY)
    section = panel(page, "reasons")
    expect(section.get_by_role("alert")).to_contain_text("The provider cannot be reached.")
    for name in set(PANELS) - {"reasons"}:
        expect(panel(page, name).locator("tbody tr, .state-empty").first).to_be_attached()
    assert violations(page) == []
    monkeypatch.undo()
    section.get_by_role("link", name="Try again").click()
    chart(page, "reasons")


@pytest.mark.parametrize("name", ["reasons", "slots"])
def test_a_panel_that_breaks_stays_no_skeleton(site, page, monkeypatch, complaints, name):
    breaking(monkeypatch, name, RuntimeError("boom"))
    opened(page, site + YESTERDAY)
    section = panel(page, name)
    expect(section.get_by_role("alert")).to_contain_text("This part could not be loaded.")
    expect(section.locator(".skeleton")).to_be_hidden()
    expect(page.locator(".toast")).to_be_empty()
    assert panel(page, "delays").locator("tbody tr").count() > 5
    assert violations(page) == []
    again = section.get_by_role("button", name="Try again")
    with page.expect_response(re.compile(f"panels/{name}/")):
        again.click()
    expect(again).to_be_visible()
    monkeypatch.setitem(PANELS, name, ORIGINAL[name])
    again.click()
    expect(section.locator("tbody tr").first).to_be_attached()
    assert complaints
    assert all("500" in complaint for complaint in complaints)
    complaints.clear()


ORIGINAL = dict(PANELS)


def test_a_list_and_a_whole_page_that_are_not_answered_can_be_asked_again(site, page, complaints):
    page.route("**/worth-a-look/*", lambda route: route.abort())
    page.route("**/*wait=1*", lambda route: route.abort())
    opened(page, f"{site}/analytics/?period=last_30_days")
    expect(page.locator("#panels > #overview").get_by_role("alert")).to_be_visible()
    expect(page.locator(".skeleton:visible")).to_have_count(0)
    page.unroute("**/*wait=1*")
    page.get_by_role("button", name="Try again").click()
    watch = page.get_by_label("Worth a look")
    expect(watch.get_by_role("alert")).to_be_visible()
    page.unroute("**/worth-a-look/*")
    watch.get_by_role("button", name="Try again").click()
    expect(panel(page, "watch")).to_be_visible()
    assert complaints
    complaints.clear()


def test_without_javascript_every_panel_comes_as_a_table_in_one_page(plain):
    page, url = plain
    page.goto(url + YESTERDAY)
    page.wait_for_url(re.compile("wait=1"))
    for name in PANELS:
        expect(panel(page, name).locator("table, .state-empty").first).to_be_visible()
    expect(
        page.locator(".skeleton:visible, canvas:visible, [data-load-again]:visible")
    ).to_have_count(0)
    cell = panel(page, "country_status").locator("tbody td a").first
    counted = number(cell.text_content())
    cell.click()
    page.wait_for_url(re.compile("/messages/"))
    assert total(page) == counted


def unfold_all(page: Page) -> None:
    """Open all that folds: tables, the rest of lists, the menu of a free range, an explanation."""
    page.evaluate(
        """() => {
            const folds = ".chart-table, .chart-rest, .compare details, .figure:first-child .info";
            for (const one of document.querySelectorAll(folds)) one.open = true;
        }"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_everything_open_is_accessible_and_nothing_sticks_out(site, page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, f"{site}/analytics/?period=yesterday&compare=week")
    unfold_all(page)
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_charts_are_drawn_anew_after_every_swap_without_a_complaint(site, page):
    opened(page, f"{site}/analytics/?period=yesterday")
    steps = [
        lambda: page.get_by_role("link", name="6 hours", exact=True).click(),
        lambda: page.get_by_label("Period").select_option("today"),
        lambda: page.get_by_role("link", name="The period before", exact=True).click(),
        page.go_back,
        page.go_back,
    ]
    for step in steps:
        here = page.url
        step()
        expect(page).not_to_have_url(here)
        page.wait_for_load_state("networkidle")
        for name in ("volume", "delivery_by_country", "delays"):
            chart(page, name)
            assert painted(page, f"#chart_{name}") > 3, name


@pytest.fixture
def clipboard(context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])


def copied(page: Page, name: str, button: str) -> list[str]:
    panel(page, name).get_by_role("button", name=button).click()
    page.locator(".toast:not(:empty)").wait_for()
    return str(page.evaluate("() => navigator.clipboard.readText()")).split("\r\n")


def test_a_chart_is_copied_as_bare_numbers_and_quoted_words(site, page, clipboard):
    opened(page, f"{site}/analytics/?period=last_7_days")
    first = unfold(page, "cost_by_country").locator("tbody tr").first
    counted = number(first.locator("td").first.text_content())
    lines = copied(page, "cost_by_country", "Copy as CSV")
    assert lines[0].startswith('"Country","Messages","Credits",')
    assert re.match(rf'"France",{counted},\d+(\.\d+)?,', lines[1])
    listed = panel(page, "cost_by_country").locator("tbody tr").count()
    assert len(lines) == 1 + listed > 16


def test_a_french_reader_copies_what_a_french_spreadsheet_reads(site, page, clipboard):
    opened(page, f"{site}/analytics/?period=last_7_days")
    page.get_by_role("button", name="FR", exact=True).click()
    page.locator("html[lang=fr]").wait_for()
    page.wait_for_load_state("networkidle")
    button = panel(page, "messages_by_status").locator("[data-copy-table]").inner_text()
    lines = copied(page, "messages_by_status", button)
    assert re.fullmatch(r'"[^"]+";\d+;0,\d+', lines[1])


PIXEL = """(canvas, place) => {
    const one = new OffscreenCanvas(1, 1).getContext("2d");
    one.drawImage(canvas, place.x, place.y, 1, 1, 0, 0, 1, 1);
    return [...one.getImageData(0, 0, 1, 1).data];
}"""

NEAR_THE_FOOT = """canvas => {
    const chart = Chart.getChart(canvas);
    const values = chart.data.datasets[0].data;
    const bar = chart.getDatasetMeta(0).data[values.indexOf(Math.max(...values))];
    return bar.horizontal
        ? { x: Math.round(bar.base) + 4, y: Math.round(bar.y) }
        : { x: Math.round(bar.x) - 4, y: Math.round(bar.base) - 4 };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["volume", "messages_by_status", "delays"])
def test_a_bar_keeps_its_colour_under_the_pointer(site, page, scheme, name):
    page.emulate_media(color_scheme=scheme)
    opened(page, site + YESTERDAY)
    canvas = chart(page, name)
    canvas.scroll_into_view_if_needed()
    place = canvas.evaluate(NEAR_THE_FOOT)
    before = canvas.evaluate(PIXEL, place)
    canvas.hover(position=place)
    page.wait_for_function(
        "name => Chart.getChart(`chart_${name}`).getActiveElements().length > 0", arg=name
    )
    assert canvas.evaluate(PIXEL, place) == before
    assert before[3] > 0
    page.mouse.move(0, 0)
