"""Strings are found in code and templates, the French file is kept, checked and built."""

import gettext
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.core.management import CommandError, call_command

from messages_app.wording import Untranslatable, Wording, in_python, in_template

HEAD = "from django.utils.translation import gettext as _, gettext_lazy, gettext_noop as later\n"


def python(source: str) -> list[Wording]:
    return sorted(in_python(HEAD + source, "a.py"), key=lambda wording: wording.one)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('_("A")', [Wording("A")]),
        ('gettext_lazy("A")', [Wording("A")]),
        ('later("A")', [Wording("A")]),
        ('_("two "\n  "lines")', [Wording("two lines")]),
        ("f\"{_('inside')} {1}\"", [Wording("inside")]),
        ("for _ in range(3): pass\na, _ = 1, 2\nb = lambda *_: 0", []),
        ("_(variable)", []),
        ('_("")', []),
        ('gettext("not imported")', []),
        ('other._("A")', []),
        ('from django.utils import translation\ntranslation.gettext("A")', [Wording("A")]),
        ('def gettext_noop(text): return text\ngettext_noop("A")', [Wording("A")]),
        (
            "from django.utils.translation import ngettext, pgettext, npgettext\n"
            'ngettext("%s a", "%s b", n); pgettext("verb", "Open"); npgettext("c", "x", "y", n)',
            [Wording("%s a", "%s b"), Wording("Open", context="verb"), Wording("x", "y", "c")],
        ),
    ],
)
def test_strings_of_code(source, expected):
    assert python(source) == expected


def test_a_string_put_together_before_is_refused_with_its_place():
    with pytest.raises(Untranslatable, match=r"^a\.py:2 "):
        python('_(f"{count} rows")')


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% translate 'A' %}", [Wording("A")]),
        ('{% trans "It\'s" %}', [Wording("It's")]),
        ('{% translate "A" as a %}{{ a }}', [Wording("A")]),
        ('{% translate "Open" context "verb" %}', [Wording("Open", context="verb")]),
        ('{{ x|default:_("none") }}{% if _("a") %}{% endif %}', [Wording("none"), Wording("a")]),
        ("{% blocktranslate %}by {{ a }}{% endblocktranslate %}", [Wording("by %(a)s")]),
        ("{% blocktranslate %}100 %{% endblocktranslate %}", [Wording("100 %%")]),
        (
            "{% blocktranslate count n=rows trimmed %}\n {{ n }} row\n{% plural %}\n {{ n }} rows\n"
            "{% endblocktranslate %}",
            [Wording("%(n)s row", "%(n)s rows")],
        ),
        ("{% comment %}{% translate 'A' %}{% endcomment %}{# {% translate 'B' %} #}", []),
        # Quotes, brackets and indents of a page are no code: they must not end the search.
        ("  <p title='\n\t( [ { ''' \"\n don't\n\\ {% translate 'A' %}", [Wording("A")]),
        ("text gettext('not code')", []),
    ],
)
def test_strings_of_templates(source, expected):
    assert list(in_template("{% load i18n %}" + source, "a.html")) == expected


@pytest.fixture
def project(tmp_path, settings) -> Path:
    """A small project with three strings and no French yet."""
    settings.BASE_DIR = tmp_path
    for folder in ("messages_app/migrations", "dashboard", "templates"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "messages_app/migrations/0001.py").write_text(HEAD + '_("history")')
    (tmp_path / "messages_app/a.py").write_text(HEAD + '_("Hello %(name)s"); _("Bye")')
    (tmp_path / "templates/a.html").write_text(
        "{% load i18n %}{% blocktranslate count n=n %}{{ n }} row{% plural %}{{ n }} rows"
        "{% endblocktranslate %}"
    )
    call_command("translations")
    return tmp_path


def french(project: Path) -> Path:
    return project / "locale/fr/LC_MESSAGES/django.po"


def translate(project: Path, **texts: str) -> None:
    """Fill in the French file; a missing argument keeps the right text."""
    right = {
        "hello": "Bonjour %(name)s",
        "bye": "Au revoir",
        "row": "%(n)s ligne",
        "rows": "%(n)s lignes",
    }
    right |= texts
    path, lines = french(project), []
    for line in path.read_text().splitlines():
        lines.append(line)
        if line.startswith("msgid "):
            current = line
        if line.startswith("msgstr"):
            key = {'msgid "Hello %(name)s"': "hello", 'msgid "Bye"': "bye"}.get(current, "")
            key = "row" if line.startswith("msgstr[0]") else "rows" if "[1]" in line else key
            if key:
                lines[-1] = f'{line.split()[0]} "{right[key]}"'
    path.write_text("\n".join(lines) + "\n")


def complaint() -> str:
    with pytest.raises(CommandError) as refused:
        call_command("translations", "--check")
    return str(refused.value)


def test_an_update_finds_all_and_a_second_one_changes_nothing(project):
    with french(project).open("rb") as file:
        found = {message.id for message in read_po(file) if message.id}
    assert found == {"Hello %(name)s", "Bye", ("%(n)s row", "%(n)s rows")}
    translate(project)
    before = french(project).read_bytes()
    call_command("translations")
    assert french(project).read_bytes() == before


def test_what_is_not_translated_is_listed(project):
    said = complaint()
    assert "3 French texts" in said
    assert "not translated: Bye" in said


def test_a_blank_that_a_line_may_break_at_is_mended_by_an_update(project):
    translate(project, bye="Au revoir ! « Vrai » : 5 %% ; non ?")
    assert "a line may break before a sign: Bye" in complaint()
    call_command("translations")
    call_command("translations", "--check")
    with french(project).open("rb") as file:
        assert read_po(file)["Bye"].string == (
            "Au revoir\u202f! «\u00a0Vrai\u00a0»\u00a0: 5\u00a0%%\u202f; non\u202f?"
        )


def test_all_translated_passes(project, capsys):
    translate(project)
    call_command("translations", "--check")
    assert "3 French texts" in capsys.readouterr().out


@pytest.mark.parametrize(
    "texts",
    [{"hello": "Bonjour"}, {"hello": "Bonjour %(nom)s"}, {"hello": "%(name)s %(name)s"},
     {"hello": "Bonjour %(name)d"}, {"bye": "Au revoir %s"}, {"bye": "Au revoir {x}"},
     {"rows": "lignes"}],
)  # fmt: skip
def test_other_placeholders_are_listed(project, texts):
    translate(project, **texts)
    assert complaint().count("other placeholders") == 1


def test_a_plural_without_one_of_its_forms_is_not_translated(project):
    translate(project, rows="")
    assert "not translated: ('%(n)s row', '%(n)s rows')" in complaint()


def test_a_guess_is_listed(project):
    translate(project)
    path = french(project)
    path.write_text(path.read_text().replace('msgid "Bye"', '#, fuzzy\nmsgid "Bye"'))
    assert "marked as fuzzy: Bye" in complaint()


def test_new_and_gone_strings_are_listed_until_the_file_is_updated(project):
    translate(project)
    (project / "messages_app/a.py").write_text(HEAD + '_("Hello %(name)s"); _("Good night")')
    said = complaint()
    assert "no longer used: Bye" in said
    assert "not in the file: Good night" in said
    call_command("translations")
    assert complaint().splitlines()[1:] == ["not translated: Good night"]


def test_the_built_file_speaks_french(project):
    translate(project)
    call_command("translations", "--compile")
    with french(project).with_suffix(".mo").open("rb") as file:
        texts = gettext.GNUTranslations(file)
    assert texts.gettext("Bye") == "Au revoir"
    assert texts.ngettext("%(n)s row", "%(n)s rows", 0) == "%(n)s ligne"
    assert texts.ngettext("%(n)s row", "%(n)s rows", 2) == "%(n)s lignes"


def test_a_string_put_together_is_a_sentence_of_the_command(project):
    (project / "messages_app/b.py").write_text(HEAD + '_(f"{1}")')
    assert "messages_app/b.py:2" in complaint()
