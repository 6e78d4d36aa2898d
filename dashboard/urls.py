"""The addresses of the project: the app's pages, accounts, admin, health."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as second
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import include, path, register_converter, reverse
from django.urls.converters import StringConverter
from django.views.generic import RedirectView
from django.views.i18n import set_language

from messages_app.logins import fresh_login
from messages_app.views import accounts as own
from messages_app.views import health


def admin_login(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """No second door: who is not logged in goes to the one login, who may not enter is refused."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


admin.site.login = admin_login  # type: ignore[method-assign]


pages, app, space = admin.site.urls
# Nothing of ours uses these, and the first fails on some of what it is asked for.
unused = ("view_on_site", "autocomplete")
administration = ([one for one in pages if getattr(one, "name", "") not in unused], app, space)


def by_mail(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """`view`, which does not exist where no mail can be sent: an administrator sets passwords."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.EMAIL_URL:
            raise Http404
        return view(request, *args, **kwargs)

    return shown


class Base36(StringConverter):
    """The number of an account in a mailed link: it ends at the first hyphen, the key has another one."""

    regex = "[0-9A-Za-z]+"


register_converter(Base36, "base36")

# Of allauth only what is meant: nobody signs up, connects or confirms anything here. What changes a
# password and the line of the trail that says so are one transaction.
accounts = [
    path("", own.account, name="account"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("sessions/", own.sessions, name="account_sessions"),
    path("sessions/end/", own.end_sessions, name="account_end_sessions"),
    path("sessions/<int:pk>/end/", own.end_session, name="account_end_session"),
    path("invite/", own.invite, name="account_invite"),
    path("second-factor/", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("second-factor/code/", second.authenticate, name="mfa_authenticate"),
    path("second-factor/fresh/", second.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/set-up/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-factor/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "second-factor/codes/new/",
        codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "password/change/",
        fresh_login(transaction.atomic(account.password_change)),
        name="account_change_password",
    ),
    path("password/reset/", by_mail(account.password_reset), name="account_reset_password"),
    path(
        "password/reset/done/",
        by_mail(account.password_reset_done),
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/<base36:uidb36>-<key>/",
        by_mail(transaction.atomic(account.password_reset_from_key)),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        by_mail(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns = [
    path("", include("messages_app.urls")),
    path("accounts/", include(accounts)),
    path("admin/", administration),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
]
