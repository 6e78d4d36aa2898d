"""A layer of the stacked chart opens its own rows, the space above it the whole bar's."""

import re

from playwright.sync_api import Page

PLACES = """canvas => {
    const chart = Chart.getChart(canvas);
    const bars = chart.getDatasetMeta(0).data;
    const index = chart.data.datasets[0].data.findLastIndex(count => count > 0);
    const { x, y, base } = bars[index];
    return { index, layer: { x, y: (y + base) / 2 }, above: { x, y: chart.chartArea.top + 1 } };
}"""


def total(page: Page) -> int:
    return int(page.locator("table.rows").get_attribute("data-total") or -1)


def test_a_click_on_a_layer_opens_what_its_table_s_cell_counts(site, page):
    for place in ("layer", "above"):
        page.goto(f"{site}/analytics/?period=yesterday")
        chart = page.locator("#chart_volume[data-drawn]")
        chart.wait_for()
        found = chart.evaluate(PLACES)
        section = page.locator("#chart_volume").locator("xpath=ancestor::section")
        cells = section.locator("tbody tr").nth(found["index"]).locator("td").all_text_contents()
        counts = [int(cell.replace(",", "")) for cell in cells[:-2]]
        chart.click(position=found[place])
        page.wait_for_url(re.compile("/messages/.*date_start="))
        assert ("status=delivered" in page.url) is (place == "layer")
        assert total(page) == (counts[0] if place == "layer" else sum(counts))
