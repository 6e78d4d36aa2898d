"""The list of faults and their tests is read as it is written."""

import ast

import pytest

from scripts import reliability


def test(source: str) -> ast.FunctionDef:
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    return node


test.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        ("def test_f35_start_is_ignored(): pass", {"F35"}),
        ("def test_f02_and_i1(): pass", {"F2", "I1"}),
        ('def test_x():\n    """F2–F5, I10: deadlines."""', {"F2", "F3", "F4", "F5", "I10"}),
        ('def test_x():\n    """F4-F6: as above."""', {"F4", "F5", "F6"}),
        ("def test_t15_and_t16_a_token(): pass", {"T15", "T16"}),
        ('def test_x():\n    """T15–T17."""', {"T15", "T16", "T17"}),
        ("def test_half1_of_if2x(): pass", set()),
        ('def test_x():\n    """UTF16 and WIFI5."""', set()),
    ],
)
def test_ids_stand_in_names_and_docstrings(source, ids):
    assert reliability.ids_of(test(source)) == ids


def test_a_line_of_the_list_is_an_id():
    assert reliability.listed("# F9\n| F1 | x | y |\n| I2 | z |\n|F3|") == {"F1", "I2"}


def test_what_has_no_test_and_what_has_no_line_are_both_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "docs" / "reliability.md").write_text("| F1 | a | b |\n| F2 | a | b |\n")
    (tmp_path / "tests" / "test_x.py").write_text("def test_f1(): pass\ndef test_f3(): pass\n")
    monkeypatch.setattr(reliability, "ROOT", tmp_path)
    monkeypatch.setattr(reliability, "LIST", tmp_path / "docs" / "reliability.md")
    assert reliability.main() == 1
    told = capsys.readouterr()
    assert "F1     1  test_x.py::test_f1" in told.out
    assert "Without a test: F2" in told.err
    assert "Not in docs/reliability.md: F3" in told.err
