"""Arrows run one way: provider → archive → analysis → views. The map is the folder list."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "messages_app/sms": {"messages_app.sms"},
    "messages_app/provider": {"messages_app.provider"},
    "messages_app/archive": {
        "messages_app.sms", "messages_app.provider", "messages_app.archive", "messages_app.models",
        "messages_app.digests", "django",
    },
    "messages_app/analysis": {
        "messages_app.sms", "messages_app.provider", "messages_app.archive",
        "messages_app.analysis", "messages_app.models", "messages_app.privacy",
        "messages_app.visible", "django",
    },
    "messages_app/privacy.py": {
        "messages_app.sms", "messages_app.provider", "messages_app.analysis.numbers", "django",
    },
    "sandbox": {"sandbox"},
}  # fmt: skip
"""What of our own code, and of Django, each layer may know."""

WATCHED = ("messages_app", "dashboard", "sandbox", "django", "tests")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: say in full what is imported"
            yield node.module or ""


def strangers(path: Path, allowed: set[str]) -> list[str]:
    watched = (name for name in imports(path) if name.split(".")[0] in WATCHED)
    return [name for name in watched if not any(f"{name}.".startswith(f"{ok}.") for ok in allowed)]


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_knows_only_what_lies_before_it(layer):
    place = ROOT / layer
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    assert files
    wrong = {str(f.relative_to(ROOT)): strangers(f, MAY_IMPORT[layer]) for f in files}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_only_addresses_and_views_know_the_views():
    knowing = [
        path.relative_to(ROOT)
        for folder in ("messages_app", "dashboard")
        for path in (ROOT / folder).rglob("*.py")
        if any(name.startswith("messages_app.views") for name in imports(path))
    ]
    allowed = ("messages_app/views/", "messages_app/urls.py", "dashboard/urls.py")
    assert [str(path) for path in knowing if not str(path).startswith(allowed)] == []


def test_only_one_module_reads_the_clock_below_the_views():
    def reads_clock(path: Path) -> bool:
        text = path.read_text()
        return "datetime.now(" in text or "timezone.now(" in text or "date.today(" in text

    below = [
        f
        for layer in ("analysis", "archive")
        for f in (ROOT / "messages_app" / layer).rglob("*.py")
    ]
    assert [str(path) for path in below if reads_clock(path)] == []


def test_no_template_holds_inline_script_or_style():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " onclick=" not in text, path
        assert "|safe" not in text, path
        for part in text.split("<script")[1:]:
            assert "src=" in part.split(">")[0], path
