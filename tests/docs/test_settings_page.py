"""Every setting is documented, stands in the example file and has a value for tests; and no other."""

import re

from scripts import neutral
from scripts.install import ROOT

READ = re.compile(r'\benv\.\w+\(\s*"([A-Z_]+)"')
OURS = {"TEST_DATABASE_URL", "TEST_REDIS_URL", "CHROMIUM", "SEED", "CAMPAIGN", "SANDBOX_TOKEN"}
"""Documented, but read by tests, scripts and the sandbox, not by the dashboard."""


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def settings() -> set[str]:
    return set(READ.findall(text("dashboard/settings.py")))


def test_the_settings_are_found():
    assert settings() >= {
        "DEBUG",
        "SMSFACTOR_API_TOKEN",
        "DATABASE_URL",
        "PRIVACY_KEY",
        "EMAIL_URL",
    }


def test_every_setting_is_on_the_page_and_no_other():
    rows = re.findall(r"^\| `([A-Z_]+)` \|", text("docs/settings.md"), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == settings() | OURS


def test_every_setting_is_in_the_example_file_and_no_other():
    lines = [line for line in text(".env.example").splitlines() if line and line[:2] != "# "]
    names = [re.fullmatch(r"#([A-Z_]+)=.*", line) for line in lines]
    # A line that is not commented out would set something for whoever copies the file.
    assert [line for line, name in zip(lines, names, strict=True) if not name] == []
    assert {name[1] for name in names if name} == settings()


def test_the_rest_of_the_page_is_read_somewhere():
    files = [*ROOT.glob("scripts/*.py"), *ROOT.glob("sandbox/*.py"), ROOT / "tests/campaign.py"]
    code = "".join(path.read_text() for path in files)
    assert [name for name in OURS if f'"{name}"' not in code] == []


def test_tests_and_checks_depend_on_no_setting_of_the_machine():
    assert neutral.environment("sqlite://:memory:", "static").keys() >= settings()


def test_defaults_on_the_page_are_those_of_the_code():
    code = text("dashboard/settings.py")
    for name, default in re.findall(
        r"^\| `([A-Z_]+)` \| `([^`<]+)` \|", text("docs/settings.md"), re.MULTILINE
    ):
        if name in settings() and name != "DEBUG":
            call = re.search(rf'"{name}",\s*(.+)', code)
            assert call, name
            assert default in call[1].replace('"', ""), name
