"""What the app keeps in its database. Permissions hang on `Access`, which has no table."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Access(models.Model):
    """Holds the permissions of the dashboard; never stored."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions: ClassVar = [
            ("see_messages", _("See messages")),
            ("see_personal", _("See full numbers and texts")),
            ("see_figures", _("See figures and charts")),
            ("review", _("Review")),
            ("export", _("Export")),
            ("share", _("Share with people without a login")),
            ("reveal", _("Reveal a masked number or text")),
        ]


class ProviderTrait(models.Model):
    """A remembered fact about a provider address, such as whether its bounds are inclusive."""

    api_url = models.CharField(max_length=500)
    name = models.CharField(max_length=50)
    value = models.CharField(max_length=200)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api_url", "name"], name="one_value_of_a_trait")
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
