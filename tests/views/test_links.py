"""Numbers of the analysis page, over real HTTP: each opens a list of as many rows."""

import html
import random
import re

from sandbox import Faults

CELL = re.compile(r'<td class="num[^>]*><a href="([^"]+)">([\d,]+)</a>')


def cells(shown: str, name: str) -> list[tuple[str, int]]:
    """Links and counts in the table of one chart."""
    section = shown[shown.index(f'id="panel_{name}"') :]
    body = section[section.index("<tbody>") : section.index("</tbody>")]
    return [
        (html.unescape(href), int(count.replace(",", ""))) for href, count in CELL.findall(body)
    ]


def test_every_count_opens_its_rows(account, support_client):
    question = {"period": "yesterday", "wait": "1"}
    shown = support_client.get("/analytics/", question).content.decode()
    chance = random.Random(1)
    for name in ("volume", "delivery_by_country", "messages_by_status", "country_status"):
        found = cells(shown, name)
        for href, count in chance.sample(found, min(8, len(found))):
            listed = support_client.get(href).content.decode()
            assert f'data-total="{count}"' in listed, (name, href)


def test_unknown_statuses_and_types_each_stand_once(account, support_client):
    account.faults = Faults(unknown="always")
    question = {"period": "yesterday", "wait": "1"}
    shown = support_client.get("/analytics/", question).content.decode()
    (other,) = [count for href, count in cells(shown, "messages_by_status") if "other" in href]
    totals = support_client.get("/analytics/data.json", question).json()["totals"]
    assert other == totals["other"] > 1
    assert totals["other_types"] > 1
    assert 'data-figure="other_types"' in shown
    assert f"Other: parked {other}" in shown
