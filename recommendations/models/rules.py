"""Rules that passed the guard, and what staff decided of them."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.models.artefacts import Artefact, ArtefactKind, LivePointer
from recommendations.models.database import PrimaryManager, Row
from recommendations.models.items import Item


class RuleStatus(models.TextChoices):
    PUBLISHED = "published", _("published")
    HELD = "held", _("held for review")


class RuleQuerySet(models.QuerySet["Rule"]):
    def live(self) -> "RuleQuerySet":
        """Rules of the version that serves."""
        pointer = LivePointer.objects.filter(kind=ArtefactKind.RULES).values("artefact_id")
        return self.filter(artefact_id__in=pointer)

    def waiting(self, now: datetime) -> "RuleQuerySet":
        """Held rules that staff have not approved."""
        return self.filter(status=RuleStatus.HELD).exclude(key__in=RuleDecision.objects.approving(now))

    def served(self, now: datetime) -> "RuleQuerySet":
        """Rules that the shop may see: those of the live version that do not wait for staff."""
        approved = Q(key__in=RuleDecision.objects.approving(now))
        return self.live().filter(Q(status=RuleStatus.PUBLISHED) | approved)


class Rule(Row):
    """antecedent => consequent, with its counts and measures when it was published. Immutable.

    `key` names the claim across versions: antecedent item ids ascending, `=>`, the consequent's id.
    `p` and `weighted_lift` are the guard's, for pairs alone: see mining/guard.py. A held rule is neither served nor
    claimed until staff approve it; `hold_reasons` says why, by the names of mining/holds.py, with figures.
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
    status = models.CharField(_("status"), max_length=9, choices=RuleStatus, default=RuleStatus.PUBLISHED)
    hold_reasons = models.JSONField(_("why it is held"), default=dict, blank=True)

    objects = PrimaryManager.from_queryset(RuleQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.UniqueConstraint(fields=["artefact", "key"], name="rec_rule_once"),
            models.CheckConstraint(condition=Q(shoppers__gte=2), name="rec_rule_shoppers"),
            models.CheckConstraint(condition=Q(orders__gte=1), name="rec_rule_orders"),
            models.CheckConstraint(condition=Q(status__in=RuleStatus.values), name="rec_rule_status"),
        ]
        indexes = [
            models.Index(fields=["artefact", "-orders"], name="rec_rule_orders_desc"),
            models.Index(fields=["artefact", "antecedent"], condition=Q(status="held"), name="rec_rule_held_from"),
            models.Index(fields=["artefact", "consequent"], condition=Q(status="held"), name="rec_rule_held_to"),
        ]

    def __str__(self) -> str:
        return self.key


class Decision(models.TextChoices):
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    FROZEN = "frozen", _("frozen")
    BOOSTED = "boosted", _("boosted")


APPROVING = (Decision.APPROVED, Decision.BOOSTED)
"""Decisions that let a held rule into the shop."""


class DecisionQuerySet(models.QuerySet["RuleDecision"]):
    def approving(self, now: datetime) -> "models.QuerySet[RuleDecision, str]":
        """Keys of the rules that staff want in the shop at this moment."""
        begun = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
        lasting = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
        return self.filter(begun & lasting, decision__in=APPROVING).values_list("rule_key", flat=True)


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

    objects = PrimaryManager.from_queryset(DecisionQuerySet)()  # type: ignore[misc]

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
