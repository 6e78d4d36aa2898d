"""Countries by code or by any name that people give them, in both languages."""

import pytest

from messages_app.analysis.countries import ALIASES, _spoken, code_of, names


@pytest.mark.parametrize(
    ("typed", "code"),
    [("FR", "FR"), ("fr", "FR"), (" france ", "FR"), ("UK", "GB"), ("USA", "US"), ("U.S.A.", "US"),
     ("États Unis", "US"), ("etats-unis", "US"), ("Royaume Uni", "GB"), ("united-kingdom", "GB"),
     ("Hong Kong", "HK"), ("hong-kong", "HK"), ("Turkey", "TR"), ("TURQUIE", "TR"),
     ("Czech Republic", "CZ"), ("RDC", "CD"), ("Congo Kinshasa", "CD"), ("Ivory Coast", "CI"),
     ("Cote d'Ivoire", "CI"), ("Côte d’Ivoire", "CI"), ("cote d ivoire", "CI"),
     ("Saint Lucia", "LC"), ("ste lucie", "LC"), ("Bosnia and Herzegovina", "BA"),
     ("Trinidad&Tobago", "TT"), ("Viet-Nam", "VN"), ("la reunion", "RE"), ("reunion", "RE")],
)  # fmt: skip
def test_a_country_is_found_as_people_write_it(typed, code):
    assert code_of(typed) == code


@pytest.mark.parametrize("typed", ["", "Atlantis", "Korea", "Congo", "ZZ", "'", "33"])
def test_what_is_no_one_country_is_none(typed):
    assert code_of(typed) is None


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_name_that_is_offered_finds_its_country(language):
    assert {name: code_of(name) for name in names(language).values()} == {
        name: code for code, name in names(language).items()
    }


def test_no_alias_takes_another_country_s_name():
    spoken = [_spoken(name) for others in ALIASES.values() for name in others]
    assert len(set(spoken)) == len(spoken)
    for code, others in ALIASES.items():
        assert [code_of(name) for name in others] == [code] * len(others)
