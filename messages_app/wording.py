"""Finds the strings for translation in Python code and in templates, without GNU gettext.

Reads source texts alone: it must not know where catalogs lie or what languages there are.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation.template import templatize

MODULES = (
    "django.utils.translation", "messages_app.provider.errors", "messages_app.archive.windows",
)  # fmt: skip
"""Where the functions come from; the others mark texts for layers that know no Django."""
FORMS = {
    "gettext": ("one",), "gettext_lazy": ("one",), "gettext_noop": ("one",),
    "ngettext": ("one", "many"), "ngettext_lazy": ("one", "many"),
    "pgettext": ("context", "one"), "pgettext_lazy": ("context", "one"),
    "npgettext": ("context", "one", "many"), "npgettext_lazy": ("context", "one", "many"),
}  # fmt: skip
"""Function → what its first arguments are."""

LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(n?p?gettext|_)\(((?:{LITERAL}\s*,?\s*)+)")
"""A call in what Django makes of a template: all else there is blanked out."""


class Untranslatable(Exception):
    """A string is put together before it is looked up; the text says where."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A string as the catalog knows it; `many` is its plural and `context` its use, or empty."""

    one: str
    many: str = ""
    context: str = ""


def in_python(source: str, name: str) -> Iterator[Wording]:
    """Strings of a module, called `name` in errors. Raises Untranslatable.

    Only names that mean a translation in this module count, whatever they are called there: `_`
    is also what people call a value that they throw away.
    """
    tree = ast.parse(source, name)
    known = _marks(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (function := _function(node.func, known)):
            pieces = [_literal(argument, name) for argument in node.args]
            parts = dict(zip(FORMS[function], pieces, strict=False))
            if parts.get("one"):
                yield Wording(**{key: text or "" for key, text in parts.items()})


def in_template(source: str, name: str) -> Iterator[Wording]:
    """Strings of a template: translate, blocktranslate with plural and context, and `_("…")`."""
    for function, arguments in CALL.findall(templatize(source, origin=name)):
        texts = [ast.literal_eval(literal) for literal in re.findall(LITERAL, arguments)]
        form = FORMS["gettext" if function == "_" else function]
        yield Wording(**dict(zip(form, texts, strict=False)))


def _marks(tree: ast.Module) -> dict[str, str]:
    """Local name → function of Django, or a module's own of that name: some layers know no Django."""
    own = {
        node.name: node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name in FORMS
    }
    return own | {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
        if alias.name in FORMS
    }


def _function(called: ast.expr, known: dict[str, str]) -> str:
    if isinstance(called, ast.Attribute):
        owner = called.value.id if isinstance(called.value, ast.Name) else ""
        return called.attr if owner == "translation" and called.attr in FORMS else ""
    return known.get(called.id, "") if isinstance(called, ast.Name) else ""


def _literal(argument: ast.expr, name: str) -> str | None:
    """The text of an argument; None for a value that is known at run time alone."""
    if isinstance(argument, ast.JoinedStr):
        raise Untranslatable(
            f"{name}:{argument.lineno} looks up a text that is put together before; "
            "use a placeholder such as %(name)s and fill it in after."
        )
    is_text = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    return argument.value if is_text else None  # type: ignore[attr-defined]
