"""What staff chose at a desk in place of the shop's settings."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.desks import MINING, TRAINING
from recommendations.models.database import Row


class Desk(models.TextChoices):
    MINING = MINING, _("mining")
    TRAINING = TRAINING, _("training")


class Parameters(Row):
    """The choices at one desk; `version` counts its changes, whose history the log of staff's actions holds."""

    desk = models.CharField(_("desk"), max_length=10, choices=Desk, unique=True)
    values = models.JSONField(_("values"), default=dict)
    version = models.PositiveIntegerField(_("version"), default=0)
    changed_by = models.CharField(_("changed by"), max_length=150)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("parameters")
        verbose_name_plural = _("parameters")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(desk__in=Desk.values), name="rec_parameters_desk")]

    def __str__(self) -> str:
        return f"{self.get_desk_display()} {self.version}"
