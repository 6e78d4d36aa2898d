"""`python -m scripts.reliability`: which fault, invariant and threat is proven by which test.

docs/reliability.md has a line for each id; a test names the ids that it proves in its name or docstring.
Prints them all; exits with 1 where an id of the list has no test, or a test names one that is not listed.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from scripts.install import ROOT

LIST = ROOT / "docs" / "reliability.md"
LINE = re.compile(r"^\| ([FIT]\d+) \|", re.MULTILINE)
SAID = re.compile(r"\b([FIT]\d{1,2})(?:\s*[-–]\s*([FIT]?\d{1,2}))?\b")
NAMED = re.compile(r"(?<![a-z])([fit])(\d{1,2})(?![a-z0-9])")


def listed(text: str) -> set[str]:
    """The ids that the list has a line for."""
    return set(LINE.findall(text))


def named_in(text: str) -> Iterator[str]:
    """Ids in a docstring: F5, or a range F2–F5."""
    for first, last in SAID.findall(text):
        kind, start = first[0], int(first[1:])
        end = int(last.lstrip("FIT")) if last else start
        yield from (f"{kind}{number}" for number in range(start, end + 1))


def ids_of(test: ast.FunctionDef) -> set[str]:
    """What a test says that it proves."""
    found = {f"{kind.upper()}{int(number)}" for kind, number in NAMED.findall(test.name)}
    return found | set(named_in(ast.get_docstring(test) or ""))


def proofs(folder: Path) -> dict[str, list[str]]:
    """Id → tests that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for name in ids_of(node):
                    found[name].append(f"{path.relative_to(folder)}::{node.name}")
    return found


def order(name: str) -> tuple[str, int]:
    return name[0], int(name[1:])


def main() -> int:
    """Print the list; 1 where it is not whole."""
    wanted, found = listed(LIST.read_text()), proofs(ROOT / "tests")
    for name in sorted(wanted | found.keys(), key=order):
        tests = found.get(name, [])
        print(f"{name:<4} {len(tests):>3}  {tests[0] if tests else 'NO TEST'}")
    without = sorted(wanted - found.keys(), key=order)
    strange = sorted(found.keys() - wanted, key=order)
    if without:
        print(f"Without a test: {', '.join(without)}", file=sys.stderr)
    if strange:
        print(f"Not in docs/reliability.md: {', '.join(strange)}", file=sys.stderr)
    return 1 if without or strange else 0


if __name__ == "__main__":
    sys.exit(main())
