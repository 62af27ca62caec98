"""What was shown, as the page reported it. Clicks and purchases point back to it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from recommendations.models.database import Row
from recommendations.models.shoppers import Shopper


class Impression(Row):
    """A list that was on a shopper's screen.

    `strategy` is empty where an earlier version served the list. `items` holds `[item id, rank, source, propensity]`
    of each item shown, `versions` the artefacts and the data sequence that made the list. `outcome` is what it was
    counted with, `[ranks clicked, ranks bought]`, and None until its time is over.
    """

    recommendation = models.UUIDField(_("recommendation"), unique=True)
    placement = models.CharField(_("placement"), max_length=50)
    strategy = models.CharField(_("strategy"), max_length=20, blank=True, default="", db_default="")
    shopper = models.ForeignKey(
        Shopper, verbose_name=_("shopper"), null=True, blank=True, on_delete=models.CASCADE, related_name="impressions"
    )
    variant = models.CharField(pgettext_lazy("of an experiment", "variant"), max_length=50, blank=True)
    versions = models.JSONField(_("versions"), default=dict)
    items = models.JSONField(_("items"), default=list)
    fallback = models.BooleanField(_("fallback"), default=False)
    served_at = models.DateTimeField(_("served at"))
    shown_at = models.DateTimeField(_("shown at"))
    outcome = models.JSONField(_("outcome"), null=True, editable=False)

    class Meta:
        verbose_name = _("impression")
        verbose_name_plural = _("impressions")
        indexes = [
            models.Index(fields=["placement", "-shown_at"], name="rec_impression_placement"),
            models.Index(fields=["shown_at"], name="rec_impression_shown"),
            models.Index(
                fields=["shown_at", "id"], condition=models.Q(outcome__isnull=True), name="rec_impression_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement} {self.recommendation}"
