"""Published versions of rules and networks, and the pointer to the one that serves."""

import json

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row


class ArtefactKind(models.TextChoices):
    RULES = "rules", _("rules")
    NETWORK = "network", _("network")
    SESSION = "session", _("sessions")
    ITEMS = "items", _("statistics of items")


class ArtefactStatus(models.TextChoices):
    BUILDING = "building", _("being built")
    PUBLISHED = "published", _("published")
    REFUSED = "refused", _("refused")


class Artefact(Row):
    """A version that is whole. `file` is a name within the store's folder, empty for rules, which are rows.

    `refreshed` is empty, or says what serves in the place of that file since the orders after the training were
    counted in: `file`, `size`, `sha256`, `data_sequence`, `at` (ISO 8601) and `metrics`.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=ArtefactKind)
    status = models.CharField(_("status"), max_length=10, choices=ArtefactStatus)
    file = models.CharField(_("file"), max_length=100, blank=True)
    size = models.BigIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    metrics = models.JSONField(_("metrics"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    data_sequence = models.BigIntegerField(_("data sequence"), default=0)
    data_orders = models.BigIntegerField(_("orders it learnt from"), default=0)
    refreshed = models.JSONField(_("refreshed"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("artefact")
        verbose_name_plural = _("artefacts")
        permissions = [
            ("publish_artefact", _("Can let a version serve")),
            ("roll_back_artefact", _("Can roll back to an earlier version")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ArtefactKind.values), name="rec_artefact_kind"),
            models.CheckConstraint(condition=Q(status__in=ArtefactStatus.values), name="rec_artefact_status"),
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="rec_artefact_kind_id")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


SERVING = "a.sha256 || ' ' || CAST(a.refreshed AS text)"
"""SQL of what tells which file of the version `a` serves, on every database alike; `serving_sha256` reads it."""


def serving_sha256(told: str) -> str:
    """The SHA-256 of the refreshed file, or of the one as trained where it was not refreshed."""
    sha256, _, refreshed = told.partition(" ")
    return str(json.loads(refreshed).get("sha256", sha256))


class LivePointer(Row):
    """Which version of a kind serves; swapped in one transaction."""

    kind = models.CharField(_("kind"), max_length=10, choices=ArtefactKind, unique=True)
    artefact = models.ForeignKey(Artefact, verbose_name=_("artefact"), on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(_("moved at"), auto_now=True)

    class Meta:
        verbose_name = _("live pointer")
        verbose_name_plural = _("live pointers")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} -> {self.artefact_id}"
