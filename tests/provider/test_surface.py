"""The package's public surface, its arrows, and its tree of errors."""

import ast
import re
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path

import pytest

from messages_app import provider
from messages_app.provider import BadRow, Page, ProviderError, errors
from messages_app.provider.records import SORTS
from tests.provider.answers import request

PACKAGE = Path(provider.__path__[0])
ALLOWED = {"requests", "urllib3", "defusedxml"}


def tree_of(error: type[ProviderError]) -> list[type[ProviderError]]:
    return [error, *(each for child in error.__subclasses__() for each in tree_of(child))]


def public_errors() -> list[type[ProviderError]]:
    return [error for error in tree_of(ProviderError) if error.__module__ == errors.__name__]


def test_the_public_surface_is_complete():
    assert {
        "BadRow",
        "ClientLimits",
        "MessageRecord",
        "Page",
        "PageRequest",
        "ProviderClient",
        "ProviderError",
        "Token",
    } <= set(provider.__all__)
    assert {error.__name__ for error in public_errors()} <= set(provider.__all__)
    assert all(hasattr(provider, name) for name in provider.__all__)
    assert len(set(provider.__all__)) == len(provider.__all__)


def test_the_package_imports_requests_urllib3_and_itself_only():
    import sys

    for source in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                inside = name.startswith("messages_app.provider")
                assert inside or top in ALLOWED or top in sys.stdlib_module_names, (source, name)


def test_every_error_has_its_own_kind_and_sentence():
    leaves = [
        error
        for error in public_errors()
        if error.__name__ not in ("ProviderError", "Outage", "Refusal")
    ]
    kinds = [error.kind for error in leaves]
    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", kind) for kind in kinds)
    sentences = [error.sentence for error in leaves]
    assert len(set(sentences)) == len(sentences)
    assert all(re.fullmatch(r"[A-Z][^\n%{}]+\.", sentence) for sentence in sentences)


def test_the_drawn_tree_is_the_real_one():
    drawn = dict(
        re.findall(r"^[ │├└─]*[├└]── (\w+)(?: +([a-z_]+) {2,}| )", errors.__doc__ or "", re.M)
    )
    real = {error.__name__: error.kind for error in public_errors() if error is not ProviderError}
    assert drawn.keys() == real.keys()
    assert {name: kind for name, kind in drawn.items() if kind} == {
        name: kind for name, kind in real.items() if name not in ("Outage", "Refusal")
    }
    again = set(re.findall(r"── (\w+) +[a-z_]+ +↻", errors.__doc__ or ""))
    assert again == {error.__name__ for error in public_errors() if error.retryable}


def test_errors_stay_what_they_are_when_shown():
    error = errors.error_for(-1, "Token invalide")
    assert repr(error) == "AuthenticationFault(kind='authentication', code=-1)"
    assert error.args == ("authentication",)
    assert errors.error_for(-7, "to +33 6 39 98 00 00\0").detail == "to …"
    assert str(errors.error_for(429)) == "The provider asks us to slow down."


@pytest.mark.parametrize(
    "wrong",
    [
        {"length": 0},
        {"length": 1001},
        {"start": -1},
        {"sort": "cost"},
        {"sort": "--date"},
        {"date_start": datetime(2024, 1, 1, tzinfo=UTC)},
        {"date_end": datetime(2024, 1, 1, tzinfo=UTC)},
        {"message": "\udcff"},
    ],
)
def test_a_request_that_cannot_be_understood_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        request(**wrong)


def test_a_request_is_a_value_that_hides_number_and_text():
    asked = request(sort="-date")
    assert asked == request(sort="-date")
    assert asked.at(100).start == 100
    assert "33639987654" not in repr(asked)
    assert "canary" not in repr(asked)
    with pytest.raises(FrozenInstanceError):
        asked.__setattr__("start", 5)


@pytest.mark.parametrize("sort", SORTS)
def test_every_documented_sort_is_accepted(sort):
    assert request(sort=sort).params().get("sort", "") == sort


def test_parameters_leave_defaults_out():
    assert request(destination="", message="").params() == {
        "date_start": "2024-12-11 00:00:00",
        "date_end": "2024-12-11 23:59:59",
        "start": "0",
        "length": "100",
    }


def test_an_early_year_keeps_its_four_digits():
    assert request(date_start=datetime(812, 1, 2)).params()["date_start"] == "0812-01-02 00:00:00"


def test_a_page_counts_good_and_bad_rows():
    now = datetime(2024, 1, 1, tzinfo=UTC)
    assert Page((), (BadRow(0, None, "x"),), None, None, now).size == 1
    assert Page((), (), 5, 5, now).is_empty
