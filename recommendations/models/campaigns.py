"""Campaign days: sale festivals whose orders say little of what goes together on other days."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import PrimaryManager, Row


class CampaignMode(models.TextChoices):
    LEFT_OUT = "left_out", _("left out of the counts")
    APART = "apart", _("counted, and shown apart")


class CampaignQuerySet(models.QuerySet["CampaignPeriod"]):
    def left_out(self) -> "CampaignQuerySet":
        return self.filter(mode=CampaignMode.LEFT_OUT)

    def apart(self) -> "CampaignQuerySet":
        """Those that are shown apart, latest first."""
        return self.filter(mode=CampaignMode.APART).order_by("-starts_on", "-id")


class CampaignPeriod(Row):
    """Days of a campaign, the first and the last included, as they begin and end in the shop's time zone."""

    name = models.CharField(_("name"), max_length=100)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    mode = models.CharField(_("its orders are"), max_length=8, choices=CampaignMode, default=CampaignMode.LEFT_OUT)

    objects = PrimaryManager.from_queryset(CampaignQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("campaign period")
        verbose_name_plural = _("campaign periods")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="rec_campaign_days"),
            models.CheckConstraint(condition=Q(mode__in=CampaignMode.values), name="rec_campaign_mode"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The last day must not be before the first.")})
