"""A person's data: what is held about a number, all of it as a file, and its erasure. For administrators.

The number is typed into a form and travels sealed from then on: it stands in no address.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from messages_app import clock, erasing
from messages_app.access import Viewer, gate
from messages_app.analysis.numbers import shown_number
from messages_app.archive.forgotten import forgetting
from messages_app.audit import Act, record
from messages_app.logins import fresh_login, strictly_fresh_login
from messages_app.personal_file import personal_file
from messages_app.provider import MAX_REFERENCE
from messages_app.sealing import BrokenSeal, seal, unseal
from messages_app.views.review_pages import review_pages

SEALED = "rights"
"""What a number is sealed for on its way through these forms."""

LAST = 4
"""Digits that confirm an erasure."""


class NumberForm(forms.Form):
    """Whose data: a number in any form."""

    number = forms.CharField(
        label=gettext_lazy("Phone number"),
        max_length=MAX_REFERENCE,
        error_messages={"required": gettext_lazy("Type a phone number.")},
    )

    def clean_number(self) -> str:
        found = erasing.number_of(self.cleaned_data["number"])
        if not found:
            raise ValidationError(_("That is no phone number. Names and short codes are nobody’s."))
        return found


class EraseForm(forms.Form):
    """The last digits, typed by who means it."""

    digits = forms.CharField(label=gettext_lazy("The last four digits"), max_length=20)

    def __init__(self, data: QueryDict | None, number: str) -> None:
        super().__init__(data)
        self.number = number

    def clean_digits(self) -> str:
        typed: str = self.cleaned_data["digits"].strip()
        if typed != self.number[-LAST:]:
            raise ValidationError(_("These are not the last four digits of this number."))
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@strictly_fresh_login
def rights(request: HttpRequest) -> HttpResponse:
    """Ask for a number; POST says what is held about it."""
    viewer = _gate(request)
    form = NumberForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"form": form, "review_pages": review_pages(request, viewer)}
        return render(request, "messages_app/rights.html", context)
    number = form.cleaned_data["number"]
    record(Act.SEARCHED, request=request, numbers=[number], about="rights")
    return _told(request, number, EraseForm(None, number))


@require_POST
@strictly_fresh_login
def rights_file(request: HttpRequest) -> HttpResponseBase:
    """All about the number, as a file."""
    _gate(request)
    number = _number(request)
    if not number:
        return redirect("rights")
    record(Act.ACCESS_FILE, request=request, numbers=[number])
    response = StreamingHttpResponse(
        personal_file(number, clock.now()), content_type="application/zip"
    )
    # Without the number: names of files end in lists of downloads.
    response["Content-Disposition"] = 'attachment; filename="personal-data.zip"'
    return response


@require_POST
@fresh_login
def rights_erase(request: HttpRequest) -> HttpResponse:
    """Erase the number everywhere, once its last digits are typed."""
    _gate(request)
    number = _number(request)
    if not number:
        return redirect("rights")
    form = EraseForm(request.POST, number)
    if not form.is_valid():
        return _told(request, number, form)
    there = erasing.told(erasing.forget(number, clock.real_now(), request=request))
    messages.success(request, _("Erased: %s.") % "; ".join(there or [_("nothing was held")]))
    return redirect("rights")


def _gate(request: HttpRequest) -> Viewer:
    # Whoever may not see numbers cannot ask for one either.
    return gate(request, "review", "see_personal")


def _number(request: HttpRequest) -> str:
    try:
        return unseal(SEALED, request.POST.get("number", ""))
    except BrokenSeal:
        return ""


def _told(request: HttpRequest, number: str, form: EraseForm) -> HttpResponse:
    is_erased = forgetting(clock.now().replace(tzinfo=None)).holds(number)
    there = erasing.held(number)
    context = {
        "form": form,
        "shown": shown_number(number),
        "sealed": seal(SEALED, number),
        "lines": erasing.told(there),
        # Who looks leaves a line of the trail.
        "is_empty": not any(there[name] for name in erasing.ERASED),
        "is_erased": is_erased,
    }
    return render(request, "messages_app/rights_held.html", context)
