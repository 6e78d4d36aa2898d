"""Every address of the dashboard × who asks × how: answered as its one line in RULES says, or not at all.

An address without a rule fails, and so does a rule without an address.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils.regex_helper import normalize

from messages_app.addresses import sealed_row
from tests.campaign import rounds
from tests.conftest import browser, person
from tests.factories import record
from tests.test_roles import ROLES
from tests.views.conftest import NOW, WALL
from tests.views.links_made import at, keep, link_of, visitor

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
READ, ASK, SEND = ("GET", "HEAD"), ("GET", "HEAD", "POST"), ("POST",)
FORM = (*ASK, "PUT", "OPTIONS")
"""What Django's and allauth's own forms take: a PUT is a POST to them."""


@dataclass(frozen=True)
class Rule:
    """Who may ask an address, and how.

    `needs` are permissions, all of them or one (`either`); None: not even a login. `staff`: administrators
    alone, as Django's admin knows them. `shared`: visitors of a share link, and nobody else. `token`: whether
    writing takes a form's token. `leads_on`: a redirect answers any method, such as that of the login for
    who is logged in.
    """

    needs: tuple[str, ...] | None
    methods: tuple[str, ...] = METHODS
    either: bool = False
    staff: bool = False
    shared: bool = False
    token: bool = True
    leads_on: bool = False


def may(*needs: str, by: tuple[str, ...] = READ, either: bool = False) -> Rule:
    return Rule(needs, by, either)


def everybody(by: tuple[str, ...], *, token: bool = True) -> Rule:
    return Rule(None, by, token=token)


def account(by: tuple[str, ...]) -> Rule:
    return Rule(None, by, leads_on=True)


def visitors(by: tuple[str, ...]) -> Rule:
    """No token: a visitor's cookie goes to none but the same site, and writes nothing."""
    return Rule((), by, shared=True, token=False)


def staff(*needs: str, by: tuple[str, ...] = METHODS) -> Rule:
    return Rule(needs, by, staff=True)


def staff_model(app: str, model: str, need: str = "") -> dict[str, Rule]:
    """The addresses of a model in the admin; `need` stands for its own permissions."""
    pages = {"changelist": "view", "add": "add", "change": "change", "delete": "delete"}
    found = {
        f"admin:{app}_{model}_{page}": staff(need or f"{app}.{action}_{model}")
        for page, action in pages.items()
    }
    # The others lead on where there is no such thing, before they ask who is there.
    history, old = f"admin:{app}_{model}_history", f"admin/{app}/{model}/<path:object_id>/"
    return found | {history: staff(), old: staff()}


FIGURES, ROWS = ("see_figures",), ("see_messages",)
FILES = (*ROWS, "export")

RULES: dict[str, Rule] = {
    "home": may(),
    "messages": may(*ROWS, by=ASK),
    "messages_count": may(*ROWS),
    "messages_figures": may(*FIGURES),
    "message": may(*ROWS),
    "row": may(*ROWS),
    "reveal": may(*ROWS, "reveal", by=ASK),
    "search": may(*ROWS, by=ASK),
    "readings": may(*ROWS),
    "column_preferences": may(*ROWS, by=ASK),
    "conversation": may(*ROWS, "see_personal"),
    "export_csv": may(*FILES),
    "export_xlsx": may(*FILES),
    "export_ndjson": may(*FILES),
    "exports": may(*FILES, by=ASK),
    "export_job": may(*FILES, by=ASK),
    "export_file": may(*FILES),
    "export_manifest": may(*FILES),
    "filling": may(*FIGURES, by=ASK),
    "analytics": may(*FIGURES, by=ASK),
    "panel": may(*FIGURES),
    "worth_a_look": may(*FIGURES),
    "changed": may(*FIGURES),
    "analytics_data": may(*FIGURES),
    "flag_message": may(*ROWS, "flag", by=SEND),
    "flag_row": may(*ROWS, "flag", by=SEND),
    "review": may("review", *ROWS, by=ASK),
    "review_panel": may("review", *ROWS),
    "review_archive": may("review", *ROWS),
    "reread": may("review", *ROWS, by=ASK),
    "stop_reread": may("review", *ROWS, by=SEND),
    "flags": may(*ROWS, "flag"),
    "settle_flag": may(*ROWS, "flag", by=SEND),
    "people": may("review"),
    "audit": may("review", by=ASK),
    "audit_export": may("review"),
    "rights": may("review", "see_personal", by=ASK),
    "rights_file": may("review", "see_personal", by=SEND),
    "rights_erase": may("review", "see_personal", by=SEND),
    "shares": may("share"),
    "new_share": may("share", by=ASK),
    "revoke_share": may("share", by=SEND),
    "views": may(*FIGURES, *ROWS, either=True),
    "save_view": may(*FIGURES, *ROWS, by=SEND, either=True),
    "view": may(*FIGURES, *ROWS, either=True),
    "edit_view": may(*FIGURES, *ROWS, by=ASK, either=True),
    "delete_view": may(*FIGURES, *ROWS, by=ASK, either=True),
    "move_view": may(*FIGURES, *ROWS, by=SEND, either=True),
    "start_view": may(*FIGURES, *ROWS, by=SEND, either=True),
    "shared": everybody(ASK, token=False),
    "shared_messages": visitors(ASK),
    "shared_messages_count": visitors(READ),
    "shared_messages_figures": visitors(READ),
    "shared_message": visitors(READ),
    "shared_row": visitors(READ),
    "shared_analytics": visitors(ASK),
    "shared_panel": visitors(READ),
    "shared_analytics_data": visitors(READ),
    "shared_language": visitors(SEND),
    "account_login": account(FORM),
    "account_logout": account((*ASK, "OPTIONS")),
    "account_change_password": replace(account(FORM), needs=()),
    "account_reauthenticate": replace(account(FORM), needs=()),
    "account": may(),
    "account_sessions": may(),
    "account_end_session": may(by=SEND),
    "account_end_sessions": may(by=SEND),
    "account_invite": may("review", "auth.add_user", "auth.change_user", by=ASK),
    # Of the second factor, each leads on or says that there is none before it looks at the method.
    "mfa_index": may(by=METHODS),
    "mfa_authenticate": may(by=METHODS),
    "mfa_reauthenticate": may(by=METHODS),
    "mfa_activate_totp": may(by=FORM),
    "mfa_deactivate_totp": may(by=METHODS),
    "mfa_view_recovery_codes": may(by=(*READ, "OPTIONS")),
    "mfa_generate_recovery_codes": may(by=FORM),
    "account_reset_password": account(FORM),
    "account_reset_password_done": account((*READ, "OPTIONS")),
    "account_reset_password_from_key": account(METHODS),
    "account_reset_password_from_key_done": account((*READ, "OPTIONS")),
    "health_live": everybody(READ),
    "health_ready": everybody(READ),
    "set_language": everybody(METHODS),
    "admin:login": may("nobody", by=METHODS),
    "admin:index": staff(),
    "admin:logout": Rule((), (*SEND, "OPTIONS"), leads_on=True),
    "admin:password_change": staff(by=FORM),
    "admin:password_change_done": staff(by=(*READ, "OPTIONS")),
    "admin:jsi18n": staff(by=(*READ, "OPTIONS")),
    "admin:app_list": staff(),
    "admin/": staff(),
    **staff_model("auth", "group"),
    **staff_model("auth", "user"),
    "admin:auth_user_password_change": staff("auth.change_user"),
    **staff_model("mfa", "authenticator", "auth.change_user"),
    "admin:mfa_authenticator_add": staff("nobody"),
}  # fmt: skip
"""One line an address: its name, or its path up to the first group where it has none."""

HOUR_AGO = WALL - timedelta(hours=1)
SAMPLES = {
    "kind": "sms_mt", "message_id": "1", "pk": "1", "name": "volume", "number": "33639981234",
    "token": "x" * 43, "uidb36": "1", "key": "x", "id": "1", "object_id": "1",
    "app_label": "auth", "url": "nowhere", "row": sealed_row("sms_mt:1", HOUR_AGO),
}  # fmt: skip


@dataclass(frozen=True)
class Address:
    """One pattern of the URL configuration: its name in RULES, its route, and a path that it matches."""

    name: str
    route: str
    path: str


def addresses(
    patterns: Any = None, space: str = "", route: str = "", path: str = "/"
) -> Iterator[Address]:
    """Every address there is; what has no name is called by its path up to the first group."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        here, filled = f"{route}{one.pattern}", path + sample(one)
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from addresses(one.url_patterns, inner, here, filled)
        elif isinstance(one, URLPattern):
            name = f"{space}{one.name}" if one.name else here.partition("(")[0]
            yield Address(name, here, filled)


def sample(one: URLPattern | URLResolver) -> str:
    """A path that the pattern matches; an argument that has no sample yet fails with its name."""
    ((template, names),) = normalize(one.pattern.regex.pattern)
    return str(template % {name: SAMPLES[name] for name in names})


ADDRESSES = list(addresses())


def test_t03_every_address_has_one_rule_and_every_rule_an_address():
    names = [address.name for address in ADDRESSES]
    assert sorted(names) == sorted(RULES)
    for address in ADDRESSES:
        found = resolve(address.path).route
        assert found == address.route.replace("^", ""), f"{address.path} is answered by {found}"


@dataclass(frozen=True)
class Actor:
    """Somebody with a browser: what that one may, and whether as staff, a visitor, or nobody."""

    name: str
    client: Client
    may: frozenset[str] = frozenset()
    is_person: bool = True
    is_staff: bool = False
    is_visitor: bool = False

    @property
    def enters_the_admin(self) -> bool:
        return self.is_staff and "review" in self.may

    def meets(self, rule: Rule) -> bool:
        held = [need in self.may for need in rule.needs or ()]
        return any(held) if rule.either else all(held)


ACCOUNTS = frozenset(
    f"auth.{action}_{model}"
    for action in ("view", "add", "change", "delete")
    for model in ("user", "group")
)
PEOPLE = {"stranger": "", "support": "Support", "analyst": "Analyst", "manager": "Manager",
          "administrator": "Administrator", "staff": "Analyst"}  # fmt: skip
"""Actors who log in, and their roles; the last may enter the admin, but for the rest is an analyst."""

ACTORS = ("anonymous", *PEOPLE, "visitor")


@pytest.fixture
def archive(db, settings, monkeypatch) -> None:
    """An archive that holds every second of the range, and one row: no page asks the provider."""
    at(NOW, monkeypatch)
    settings.EMAIL_URL = "smtp://mail.example.org"
    settings.ACCOUNT_RATE_LIMITS = False
    keep([record(message_id=1, date=HOUR_AGO)])


def actor(name: str) -> Actor:
    if name == "anonymous":
        return Actor(name, Client(), is_person=False)
    if name == "visitor":
        _link, token = link_of(person("owner", "Administrator"))
        return Actor(name, visitor(token), is_person=False, is_visitor=True)
    role = PEOPLE[name]
    user = person(name, role)
    user.is_staff = name in ("administrator", "staff")
    user.save()
    held = frozenset(ROLES.get(role, ())) | (ACCOUNTS if role == "Administrator" else frozenset())
    return Actor(name, browser(user), held, is_staff=user.is_staff)


def asked(client: Client, method: str, path: str, **headers: Any) -> Any:
    """The answer, and everything as it was before: no request of the walk tells on the next one."""
    cookies = client.cookies.output()
    with transaction.atomic():
        answer = client.generic(method, path, **headers)
        if answer.streaming:
            b"".join(answer)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies.replace("Set-Cookie: ", ""))
    return answer


IN, LOGIN, REFUSED, METHOD, NOTHING = (
    "let in",
    "sent to the login",
    "refused",
    "no such method",
    "nothing",
)


def wanted(rule: Rule, who: Actor, method: str) -> str:
    """What becomes of a request, by its rule."""
    if rule.shared and not who.is_visitor:
        return NOTHING
    if rule.needs is not None and not rule.shared:
        if not who.is_person:
            return LOGIN
        if rule.staff and not who.enters_the_admin:
            return REFUSED
    if method not in rule.methods:
        return METHOD
    return IN if rule.shared or who.meets(rule) else REFUSED


def became(answer: Any, rule: Rule, who: Actor) -> str:
    """What became of it."""
    status, target = answer.status_code, answer.headers.get("Location", "")
    # The admin's own address of a login leads a stranger on to the one login, and refuses all others.
    is_inner = target.startswith("/admin/login/")
    if status == 302 and (
        target.startswith("/accounts/login/") or (is_inner and not who.is_person)
    ):
        return LOGIN
    if status == 403 or is_inner:
        return REFUSED
    is_led = rule.leads_on and answer.request["REQUEST_METHOD"] not in rule.methods
    if status == 405 or (status == 302 and is_led):
        return METHOD
    if status == 404 and rule.shared:
        return NOTHING
    # No worker runs here, which readiness tells by its status.
    is_told = status == 503 and rule is RULES["health_ready"]
    return IN if status < 500 or is_told else f"broken: {status}"


OFTEN, SELDOM = ("GET", "POST"), ("HEAD", "PUT", "DELETE", "OPTIONS")


def tried(place: int, who: Actor) -> tuple[str, ...]:
    """The methods that an address is asked by: all of them, or a sample in which each has its turn."""
    turn = (place + ACTORS.index(who.name)) % len(SELDOM)
    return (*OFTEN, *(SELDOM if rounds(sample=0, full=1) else SELDOM[turn : turn + 1]))


def deviations(
    who: Actor, methods: tuple[str, ...] = (), where: Sequence[Address] = ADDRESSES
) -> list[str]:
    """What did not go by the rules."""
    who.client.raise_request_exception = False
    found = []
    for place, address in enumerate(where):
        rule = RULES[address.name]
        for method in methods or tried(place, who):
            got = became(asked(who.client, method, address.path), rule, who)
            if got != wanted(rule, who, method):
                found.append(f"{method} {address.path} ({address.name}): {got}")
    return found


@pytest.mark.parametrize("name", ACTORS)
def test_t03_t04_t18_each_address_lets_in_whom_its_rule_names_and_nobody_else(archive, name):
    assert deviations(actor(name)) == []


def test_t03_the_walk_can_fail(archive, monkeypatch):
    """A rule that says too much, and one that says too little, are both told."""
    monkeypatch.setitem(RULES, "messages", may())
    monkeypatch.setitem(RULES, "analytics_data", may("review"))
    two = [one for one in ADDRESSES if one.name in ("messages", "analytics_data")]
    for name, told in (("analyst", "analytics_data): let in"), ("stranger", "messages): refused")):
        (only,) = deviations(actor(name), ("GET",), two)
        assert told in only


ONE_EACH = list({RULES[one.name]: one for one in ADDRESSES}.values())
"""An address for each kind of rule."""


def test_t05_a_change_of_roles_works_at_the_very_next_request(archive):
    def still(**changes: Any) -> list[str]:
        return deviations(replace(who, **changes), ("GET",), ONE_EACH)

    who = actor("administrator")
    analysts = Group.objects.get(name="Analyst")
    user = User.objects.get(username=who.name)
    assert still() == []
    user.groups.set([analysts])
    assert still(may=frozenset(ROLES["Analyst"])) == []
    analysts.permissions.remove(Permission.objects.get(codename="see_figures"))
    assert still(may=frozenset(ROLES["Analyst"] - {"see_figures"})) == []
    user.groups.clear()
    assert still(may=frozenset()) == []
    user.is_active = False
    user.save()
    assert still(is_person=False) == []


HTMX = {"HTTP_HX_REQUEST": "true"}
WRITINGS: list[tuple[str, dict[str, str]]] = [
    ("POST", {}), ("POST", HTMX), ("PUT", {}), ("DELETE", HTMX),
]  # fmt: skip


def test_t11_nothing_is_written_without_a_form_s_token_also_by_htmx(archive):
    """Whoever may write, and by whatever method; visitors write nothing, so they need no token."""
    who = actor("administrator")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username=who.name))
    for address in ADDRESSES:
        for method, headers in WRITINGS:
            answer = asked(strict, method, address.path, **headers)
            is_refused = answer.status_code == 403 and b"data-stale-form" in answer.content
            assert is_refused == RULES[address.name].token, f"{method} {address.path} {headers}"


def test_t41_the_admin_opens_to_staff_who_review_and_to_nobody_else(archive):
    for name in ("support", "analyst", "manager", "staff"):
        assert actor(name).client.get("/admin/", follow=True).status_code == 403, name
    assert actor("administrator").client.get("/admin/").status_code == 200


def test_t41_the_admin_knows_accounts_and_no_model_with_rows():
    """Whatever shows a number or text needs masks of its own: this list grows with a test for them."""
    assert {model.__name__ for model in admin.site._registry} == {"User", "Group", "Authenticator"}
