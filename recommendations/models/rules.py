"""Rules that passed the guard, and what staff decided of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.models.artefacts import Artefact, ArtefactKind, LivePointer
from recommendations.models.database import PrimaryManager, Row
from recommendations.models.items import Item


class RuleQuerySet(models.QuerySet["Rule"]):
    def live(self) -> "RuleQuerySet":
        """Rules of the version that serves."""
        pointer = LivePointer.objects.filter(kind=ArtefactKind.RULES).values("artefact_id")
        return self.filter(artefact_id__in=pointer)


class Rule(Row):
    """antecedent => consequent, with its counts and measures when it was published. Immutable.

    `key` names the claim across versions: antecedent item ids ascending, `=>`, the consequent's id.
    `p` and `weighted_lift` are the guard's, for pairs alone: see mining/guard.py.
    """

    artefact = models.ForeignKey(Artefact, verbose_name=_("version"), on_delete=models.CASCADE, related_name="rules")
    key = models.CharField(_("rule key"), max_length=100)
    antecedent = models.ForeignKey(
        Item, verbose_name=_("antecedent"), on_delete=models.PROTECT, related_name="rules_from"
    )
    antecedent_2 = models.ForeignKey(
        Item,
        verbose_name=_("second antecedent"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    antecedent_3 = models.ForeignKey(
        Item,
        verbose_name=_("third antecedent"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    consequent = models.ForeignKey(
        Item, verbose_name=_("consequent"), on_delete=models.PROTECT, related_name="rules_to"
    )
    orders = models.BigIntegerField(_("orders with both"))
    antecedent_orders = models.BigIntegerField(_("orders with the antecedent"))
    consequent_orders = models.BigIntegerField(_("orders with the consequent"))
    total_orders = models.BigIntegerField(_("all orders"))
    shoppers = models.BigIntegerField(_("distinct shoppers"))
    support = models.FloatField(_("support"))
    confidence = models.FloatField(_("confidence"))
    lift = models.FloatField(_("lift"))
    leverage = models.FloatField(_("leverage"))
    conviction = models.FloatField(_("conviction"), null=True, blank=True, help_text=_("empty: infinite"))
    p = models.FloatField(_("p value"), null=True, blank=True)
    weighted_lift = models.FloatField(_("weighted lift"), null=True, blank=True)

    objects = PrimaryManager.from_queryset(RuleQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.UniqueConstraint(fields=["artefact", "key"], name="rec_rule_once"),
            models.CheckConstraint(condition=Q(shoppers__gte=2), name="rec_rule_shoppers"),
            models.CheckConstraint(condition=Q(orders__gte=1), name="rec_rule_orders"),
        ]
        indexes = [models.Index(fields=["artefact", "-orders"], name="rec_rule_orders_desc")]

    def __str__(self) -> str:
        return self.key


class Decision(models.TextChoices):
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    FROZEN = "frozen", _("frozen")
    BOOSTED = "boosted", _("boosted")


class RuleDecision(Row):
    """What staff decided of a rule; apart from Rule, so that it outlives every mining."""

    rule_key = models.CharField(_("rule key"), max_length=100, unique=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("to"), null=True, blank=True)
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

    class Meta:
        verbose_name = _("rule decision")
        verbose_name_plural = _("rule decisions")
        constraints = [
            models.CheckConstraint(condition=Q(decision__in=Decision.values), name="rec_decision"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(starts_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")),
                name="rec_decision_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_key}: {self.decision}"
