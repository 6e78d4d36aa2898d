"""What the documents point to is there: files, headings, commands of make and manage.py."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands

from messages_app.audit import Act
from scripts.install import ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")

ACTS = {
    Act.LOGIN: "Logins",
    Act.LOGIN_FAILED: "failed ones",
    Act.LOGOUT: "logouts",
    Act.PASSWORD_CHANGED: "passwords",
    Act.SECOND_FACTOR: "second factors",
    Act.SESSION_ENDED: "ended sessions",
    Act.INVITED: "invitations",
    Act.SEARCHED: "searches by number",
    Act.CONVERSATION: "opened conversations",
    Act.REVEALED: "revealed messages",
    Act.EXPORTED: "exports",
    Act.DOWNLOADED: "their downloads",
    Act.LINK_MADE: "links made",
    Act.LINK_OPENED: "opened and",
    Act.LINK_REVOKED: "and ended",
    Act.FLAGGED: "flags",
    Act.FLAG_DONE: "how they were settled",
    Act.ROLE_CHANGED: "changed accounts",
    Act.SETTING_CHANGED: "roles and settings",
    Act.SYNC_STARTED: "syncs started by hand",
    Act.PURGED: "purges",
    Act.ERASED: "erasures",
    Act.ACCESS_FILE: "files of all about a number",
    Act.TRAIL_READ: "reading the trail itself",
    Act.TRAIL_BROKEN: "its ends were changed",
}
"""What the trail records, as docs/reliability.md has it."""


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sandbox/*.md")])


def anchors(path: Path) -> set[str]:
    """Headings as hosting sites turn them into fragments."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def broken(path: Path) -> list[str]:
    """Links of a document that lead nowhere; addresses of other hosts are not asked."""
    found = []
    for groups in LINK.findall(path.read_text(encoding="utf-8")):
        link = "".join(groups)
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, fragment = unquote(link).partition("#")
        target = path.parent / name if name else path
        if not target.exists() or (fragment and fragment not in anchors(target)):
            found.append(link)
    return found


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_a_broken_link_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](gone.md) [b](#one) [c](#two) ![d](gone.png) [e](https://x.example)")
    assert broken(page) == ["gone.md", "#two", "gone.png"]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    assert broken(path) == []


def test_every_page_of_docs_can_be_reached_from_the_readme():
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page.resolve())
        for groups in LINK.findall(page.read_text(encoding="utf-8")):
            name = "".join(groups).partition("#")[0]
            path = (page.parent / name).resolve()
            if name.endswith(".md") and "://" not in name and path not in seen:
                waiting.append(path)
    pages = {path.resolve() for path in ROOT.glob("docs/*.md")}
    assert pages - seen == set()


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_exists(path):
    text = path.read_text(encoding="utf-8")
    code = re.findall(r"`[^`\n]+`|^```.*?^```", text, re.MULTILINE | re.DOTALL)
    makes = {name for piece in code for name in re.findall(r"\bmake ([a-z]+)\b", piece)}
    commands = {name for piece in code for name in re.findall(r"manage\.py (\w+)", piece)}
    assert makes - targets() == set()
    assert commands - get_commands().keys() == set()


def test_the_readme_names_every_command_of_make():
    text = (ROOT / "README.md").read_text()
    assert [name for name in targets() - {"help"} if f"`make {name}`" not in text] == []


def test_the_readme_names_every_command_of_ours():
    """But those that `make run` starts."""
    text = (ROOT / "README.md").read_text()
    ours = {name for name, app in get_commands().items() if app == "messages_app"}
    assert [name for name in ours - {"demo", "sandbox"} if f"`manage.py {name}" not in text] == []


def test_t26_reliability_names_all_that_the_trail_records():
    text = (ROOT / "docs/reliability.md").read_text().partition("## The audit trail")[2]
    listed = " ".join(text.partition("are lines of one table")[0].split())
    assert ACTS.keys() == {*Act}
    assert [act for act, words in ACTS.items() if words not in listed] == []


def test_nothing_names_a_package_index():
    """Where packages come from is the machine's own setting."""
    names = ("pypi" + ".org", "npmjs" + ".", "pythonhosted" + ".")
    files = [
        *ROOT.glob("*.txt"), *ROOT.glob("*.in"), *ROOT.glob("*.json"), *ROOT.glob("*.toml"),
        *ROOT.glob("scripts/*.py"), ROOT / "Makefile", ROOT / ".ci/run", ROOT / ".npmrc",
    ]  # fmt: skip
    assert len(files) > 15
    wrong = [path.name for path in files if any(name in path.read_text() for name in names)]
    assert wrong == []
