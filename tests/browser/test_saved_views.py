"""A question becomes a view, a view the start page; a colleague gets its link."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import opened, rows, total, violations


def save_view(page: Page, name: str) -> None:
    page.locator("#save-view").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text=f"Saved as “{name}”.")).to_be_visible()


def test_a_saved_view_becomes_the_start_page(site, page):
    opened(page, f"{site}/messages/?period=yesterday&country=FR&sort=date")
    counted = total(page)
    save_view(page, "France, yesterday")
    page.get_by_text("Views", exact=True).click()
    page.get_by_role("link", name="All views").click()
    page.get_by_role("button", name="Start page: “France, yesterday”").click()
    expect(page.get_by_text("start page", exact=True)).to_be_visible()
    opened(page, f"{site}/")
    assert page.url.endswith("/messages/?period=yesterday&country=FR&sort=date")
    assert total(page) == counted
    page.get_by_text("Views", exact=True).click()
    page.get_by_role("link", name="France, yesterday").click()
    expect(rows(page).first).to_be_visible()


def test_views_are_ordered_renamed_and_deleted_by_keyboard(site, page):
    opened(page, f"{site}/messages/?period=yesterday")
    for name in ("first", "second"):
        save_view(page, name)
    opened(page, f"{site}/views/")
    up = page.get_by_role("button", name="Move “second” up")
    up.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("moved="))
    assert page.locator(".made-name").all_inner_texts() == ["second", "first"]
    # The button that was pressed cannot be pressed again: the one beside it has the focus.
    expect(page.get_by_role("button", name="Move “second” down")).to_be_focused()
    page.get_by_role("link", name="Rename “second”").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("third")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/views/$"))
    page.get_by_role("link", name="Delete “third”").press("Enter")
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    page.wait_for_url(re.compile("/views/$"))
    assert page.locator(".made-name").all_inner_texts() == ["first"]


def test_a_colleague_gets_the_link_with_its_period_or_with_its_dates(site, page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, f"{site}/messages/?country=FR")
    for words, wanted in (
        ("Keep “last 7 days”", r"/messages/\?country=FR$"),
        ("Fix these dates", r"/messages/\?date_start=.+&date_end=.+&country=FR$"),
    ):
        page.locator("#copy-link").click()
        page.get_by_role("link", name=words).click()
        expect(page.get_by_role("status").filter(has_text="Link copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(site)
        assert re.search(wanted, copied), copied
        other = context.new_page()
        opened(other, copied)
        assert total(other) == total(page)
        other.close()


def test_without_javascript_views_are_saved_and_opened(plain):
    page, url = plain
    page.goto(f"{url}/messages/?period=yesterday&type=messages-in")
    page.locator("#save-view").click()
    page.get_by_label("Name", exact=True).fill("Replies")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#views-menu").click()
    page.get_by_role("link", name="Replies").click()
    assert page.url.endswith("/messages/?period=yesterday&type=messages-in")


def test_pages_of_views_have_no_fault_that_axe_finds(site, page):
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        opened(page, f"{site}/views/")
        assert violations(page) == []
        opened(page, f"{site}/messages/?period=yesterday")
        save_view(page, theme)
        page.locator("#save-view").click()
        assert violations(page) == []
        page.locator("#copy-link").click()
        assert violations(page) == []
        opened(page, f"{site}/views/")
        page.locator("#views-menu").click()
        assert violations(page) == []
        page.get_by_role("link", name="Rename").first.click()
        assert violations(page) == []
        opened(page, f"{site}/views/")
        page.get_by_role("link", name="Delete").first.click()
        assert violations(page) == []
        page.goto(f"{site}/views/")
