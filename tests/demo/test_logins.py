"""The demo's two people: made once, never changed, their passwords kept to their owner."""

import stat

import pytest
from django.contrib.auth.models import User

from messages_app.demo.logins import PEOPLE, prepare

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "state" / "demo_logins"


def test_both_are_made_with_their_roles(kept):
    logins = prepare(kept)
    assert [login.name for login in logins] == ["support", "admin"]
    for login in logins:
        user = User.objects.get(username=login.name)
        assert user.check_password(login.password)
        assert [group.name for group in user.groups.all()] == [PEOPLE[login.name][0]]
    staff = {user.username: user.is_staff for user in User.objects.all()}
    assert staff == {"support": False, "admin": True}
    assert not User.objects.filter(is_superuser=True).exists()
    assert len({login.password for login in logins}) == 2
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_a_second_start_tells_the_same(kept):
    assert prepare(kept) == prepare(kept)


def test_who_exists_is_never_changed(kept):
    User.objects.create_user("admin", password="the owner's own")
    logins = {login.name: login.password for login in prepare(kept)}
    assert logins["admin"] == ""
    assert logins["support"]
    admin = User.objects.get(username="admin")
    assert admin.check_password("the owner's own")
    assert not admin.is_staff


def test_a_changed_password_is_not_told_wrongly(kept):
    prepare(kept)
    support = User.objects.get(username="support")
    support.set_password("changed since")
    support.save()
    assert [bool(login.password) for login in prepare(kept)] == [False, True]


@pytest.mark.parametrize("content", ["", "{", "7", "[1]", '"support"', '{"support": 7}', "\udcff"])
def test_a_lost_or_spoilt_file_says_nothing_wrong(kept, content):
    prepare(kept)
    kept.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert [login.password for login in prepare(kept)] == ["", ""]


def test_where_passwords_cannot_be_kept_nobody_is_made(kept):
    kept.parent.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="state"):
        prepare(kept)
    assert not User.objects.exists()


def test_a_new_database_gets_the_passwords_that_are_known(kept):
    before = prepare(kept)
    User.objects.all().delete()
    assert prepare(kept) == before
