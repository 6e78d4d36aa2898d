"""What stands behind a mask, shown once to who says why: the form, its limit, and the line in the trail."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messages_app import audit
from messages_app.access import Viewer
from messages_app.addresses import sealed_row
from messages_app.analysis.conversations import handset_of
from messages_app.audit import Act
from messages_app.limits import Limit
from messages_app.privacy import COVERED, words
from messages_app.provider import MessageRecord

REVEALS = Limit("reveals", most=60, seconds=3600)
"""Of one person: enough for the work, too few to copy a list."""

SHORTEST, LONGEST = 5, 200
"""Characters of a reason."""

SUGGESTIONS = (
    gettext_lazy("A customer asks about this message"),
    gettext_lazy("A complaint or an opt-out to look into"),
    gettext_lazy("Suspected fraud or abuse"),
    gettext_lazy("A question of the operator or provider"),
)


class RevealForm(forms.Form):
    """Why somebody has to see what is masked."""

    reason = forms.CharField(
        label=gettext_lazy("Why do you need to see it?"),
        min_length=SHORTEST,
        max_length=LONGEST,
        error_messages={
            "required": gettext_lazy("Say why; the reason is kept with your name."),
            "min_length": gettext_lazy(
                "Say why in a few words; the reason is kept with your name."
            ),
        },
    )

    def __init__(self, data: QueryDict | None, viewer: Viewer) -> None:
        super().__init__(data)
        self.viewer = viewer

    def clean(self) -> dict[str, Any]:
        """Refuse who has revealed too many; what has a reason counts, whatever comes of it."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        # Counted and looked at in one: of many that ask at once no more are let through.
        if "reason" in found and not REVEALS.take(self.viewer.user_id):
            raise ValidationError(
                _(
                    "You have revealed %s messages within an hour, which is the most. Try again later."
                )
                % REVEALS.most
            )
        return found


def revealer(
    record: MessageRecord, viewer: Viewer, form: RevealForm | None = None
) -> dict[str, Any]:
    """Template context of the button; nothing for who may not reveal, or sees everything."""
    if "reveal" not in viewer.may or viewer.mask.is_open or viewer.fence is not None:
        return {}
    href = reverse("reveal", args=[sealed_row(record.key, record.date)])
    form = form or RevealForm(None, viewer)
    return {"reveal": {"href": href, "form": form, "suggestions": SUGGESTIONS, "longest": LONGEST}}


def kept(request: HttpRequest, record: MessageRecord, form: RevealForm) -> None:
    """Write into the trail who sees which message and why, before anybody sees it.

    The reason's own numbers are masked: the trail holds none.
    """
    with transaction.atomic():
        audit.record(
            Act.REVEALED,
            request=request,
            numbers=[handset_of(record)],
            about=record.key,
            note=words(form.cleaned_data["reason"], COVERED),
        )
