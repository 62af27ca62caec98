"""What staff decide, whatever it is about: from when to when, why, by whom."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from recommendations.models.database import Row

PERIOD = Q(ends_at__isnull=True) | Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at"))
"""It ends after it begins; without a moment on either side it is without an end there."""


class Decided(Row):
    """Base of the rows in which staff say what they want."""

    starts_at = models.DateTimeField(pgettext_lazy("a period", "from"), null=True, blank=True)
    ends_at = models.DateTimeField(pgettext_lazy("a period", "to"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), auto_now=True)

    class Meta(Row.Meta):
        abstract = True
