"""`manage.py translations`: finds every string that people see, keeps the French file, builds it.

Django's own commands need GNU gettext; this one needs Babel alone. Without options it updates
`locale/fr/LC_MESSAGES/django.po`; `--check` lists what is not translated; `--compile` builds the `.mo`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from messages_app.wording import Untranslatable, in_python, in_template

CODE, TEMPLATES = ("messages_app", "dashboard"), "templates"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z]|\{\w*\}")
"""What a translation must hold as often as its original does."""

NARROW, WIDE = "\u202f", "\u00a0"
TYPESET = (
    (re.compile(" (?=[;?!])"), NARROW),
    (re.compile(" (?=:|»|%%)|(?<=«) "), WIDE),
)
"""French blanks that no line may break at: narrow ones before ; ? !, wide ones before : and %, and within
« ». As the Imprimerie nationale's rules have them (Lexique des règles typographiques)."""


def catalog_of(root: Path) -> Catalog:
    """Every string of code and templates under `root`, with the files that it stands in."""
    found = Catalog(locale="fr", fuzzy=False, header_comment="# French texts of the dashboard.")
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        find = in_python if path.suffix == ".py" else in_template
        for wording in find(path.read_text(encoding="utf-8"), name):
            message = (wording.one, wording.many) if wording.many else wording.one
            found.add(message, locations=[(name, 0)], context=wording.context or None)
    return found


def _files(root: Path) -> Iterator[Path]:
    for folder in CODE:
        yield from sorted(p for p in (root / folder).rglob("*.py") if "migrations" not in p.parts)
    for kind in ("*.html", "*.txt"):
        yield from sorted((root / TEMPLATES).rglob(kind))


def updated(old: Catalog, found: Catalog) -> Catalog:
    """`old` with exactly the strings of `found`: new ones empty, gone ones dropped, no guesses."""
    # Without the date of the day a file with the same strings stays the same file.
    old.update(found, no_fuzzy_matching=True, update_creation_date=False)
    old.obsolete.clear()
    for message in old:
        if message.id:
            texts = (
                message.string if isinstance(message.string, tuple | list) else (message.string,)
            )
            spaced = tuple(typeset(text or "") for text in texts)
            message.string = spaced if message.pluralizable else spaced[0]
    return old


def typeset(text: str) -> str:
    """A French text with the blanks that keep its signs beside their words."""
    for blank, kept in TYPESET:
        text = blank.sub(kept, text)
    return text


def faults(catalog: Catalog, found: Catalog) -> list[str]:
    """What is missing or wrong in a catalog, one line each."""
    known = {(m.id, m.context): m for m in catalog if m.id}
    wanted = {(m.id, m.context) for m in found if m.id}
    lines = [f"not in the file: {key[0]}" for key in wanted - known.keys()]
    lines += [f"no longer used: {key[0]}" for key in known.keys() - wanted]
    for message in known.values():
        lines += _faults_of(message)
    return sorted(lines)


def _faults_of(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield f"marked as fuzzy: {message.id}"
    originals = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    if not all(texts):
        yield f"not translated: {message.id}"
        return
    wanted = sorted(PLACEHOLDER.findall(originals[-1].replace("%%", "")))
    for text in texts:
        if sorted(PLACEHOLDER.findall((text or "").replace("%%", ""))) != wanted:
            yield f"other placeholders: {message.id}"
        if text != typeset(text or ""):
            yield f"a line may break before a sign: {message.id}"


def compiled(path: Path) -> Path:
    """Build the `.mo` beside a `.po`."""
    target = path.with_suffix(".mo")
    with path.open("rb") as source, target.open("wb") as file:
        write_mo(file, read_po(source, locale="fr"))
    return target


class Command(BaseCommand):
    """See the module."""

    help = "Update, check or build the French texts."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own way of saying none

    def add_arguments(self, parser: CommandParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--check", action="store_true", help="fail where a text is missing")
        mode.add_argument("--compile", action="store_true", help="build the .mo")

    def handle(self, *_args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "locale" / "fr" / "LC_MESSAGES" / "django.po"
        if options["compile"]:
            self.stdout.write(f"built {compiled(path).name}")
            return
        try:
            found = catalog_of(Path(settings.BASE_DIR))
        except Untranslatable as reason:
            raise CommandError(str(reason)) from None
        catalog = _read(path)
        if options["check"]:
            wrong = faults(catalog, found)
            if wrong:
                raise CommandError("\n".join([f"{len(wrong)} French texts need a look:", *wrong]))
            self.stdout.write(f"{len(catalog)} French texts, all there")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            # Widths and line numbers would change with every edit nearby; neither helps a translator.
            write_po(file, updated(catalog, found), width=0, include_lineno=False, sort_output=True)


def _read(path: Path) -> Catalog:
    if not path.is_file():
        return Catalog(locale="fr", fuzzy=False, header_comment="# French texts of the dashboard.")
    with path.open("rb") as file:
        return read_po(file, locale="fr")
