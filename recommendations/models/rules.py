"""Rules that passed the guard, and what staff decided of them."""

from collections.abc import Sequence
from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left, StrIndex
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from recommendations.models.artefacts import Artefact, ArtefactKind, LivePointer
from recommendations.models.database import PrimaryManager, Row
from recommendations.models.decided import PERIOD, Decided
from recommendations.models.items import Item


class RuleKind(models.TextChoices):
    """What a rule claims of its two sides. A shop's visitor is a shopper of whom views are on record."""

    COMPLEMENT = "complement", _("bought together")
    SUBSTITUTE = "substitute", _("bought instead of each other")
    VIEWED_TOGETHER = "viewed_together", _("viewed together")
    VIEWED_THEN_BOUGHT = "viewed_then_bought", _("viewed, then bought")

    def key(self, antecedents: Sequence[int], consequent: int) -> str:
        """The claim's name in every version, `3,8=>12` or `substitute:3=>12`; antecedents ascend."""
        sides = f"{','.join(map(str, antecedents))}=>{consequent}"
        return sides if self == RuleKind.COMPLEMENT else f"{self.value}:{sides}"


class RuleStatus(models.TextChoices):
    PUBLISHED = "published", _("published")
    HELD = "held", _("held for review")


FIGURES = (
    "orders",
    "antecedent_orders",
    "consequent_orders",
    "total_orders",
    "shoppers",
    "support",
    "confidence",
    "lift",
    "leverage",
    "conviction",
    "p",
    "weighted_lift",
)
"""A rule's counts and measures, by their columns."""


class RuleQuerySet(models.QuerySet["Rule"]):
    def live(self) -> "RuleQuerySet":
        """Rules of the version that serves."""
        pointer = LivePointer.objects.filter(kind=ArtefactKind.RULES).values("artefact_id")
        return self.filter(artefact_id__in=pointer)

    def waiting(self, now: datetime) -> "RuleQuerySet":
        """Held rules that staff have not approved."""
        return self.filter(status=RuleStatus.HELD).exclude(key__in=RuleDecision.objects.approving(now))

    def served(self, now: datetime) -> "RuleQuerySet":
        """Rules that the shop may see: those of the live version that neither wait for staff nor were rejected."""
        approved = Q(key__in=RuleDecision.objects.approving(now))
        rejected = RuleDecision.objects.rejecting(now).values("rule_key")
        return self.live().filter(Q(status=RuleStatus.PUBLISHED) | approved).exclude(key__in=rejected)


class Rule(Row):
    """antecedent => consequent, with its counts and measures when it was published. Immutable.

    `key` names the claim across versions, see `RuleKind.key`.
    The counts are orders. Where the kind is about views they are distinct visitors: who viewed the one and viewed, or
    bought, the other. `shoppers` are the distinct known shoppers behind `orders`; of a substitute those who bought both
    items, in one order or another.
    `p` and `weighted_lift` are the guard's, for pairs alone. `expected` is what chance gives where that is not
    `antecedent_orders * consequent_orders / total_orders`: a substitute's adds up over months.
    A held rule is neither served nor claimed until staff approve it; `hold_reasons` says why, by the names of
    mining/holds.py, with figures.
    """

    artefact = models.ForeignKey(Artefact, verbose_name=_("version"), on_delete=models.CASCADE, related_name="rules")
    kind = models.CharField(_("kind"), max_length=20, choices=RuleKind, default=RuleKind.COMPLEMENT)
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
    orders = models.BigIntegerField(_("orders or visitors with both"))
    antecedent_orders = models.BigIntegerField(_("with the antecedent"))
    consequent_orders = models.BigIntegerField(_("with the consequent"))
    total_orders = models.BigIntegerField(_("in all"))
    shoppers = models.BigIntegerField(_("distinct shoppers"))
    support = models.FloatField(_("support"))
    confidence = models.FloatField(_("confidence"))
    lift = models.FloatField(_("lift"))
    leverage = models.FloatField(_("leverage"))
    conviction = models.FloatField(_("conviction"), null=True, blank=True, help_text=_("empty: infinite"))
    p = models.FloatField(_("p value"), null=True, blank=True)
    weighted_lift = models.FloatField(_("weighted lift"), null=True, blank=True)
    expected = models.FloatField(_("expected by chance"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=9, choices=RuleStatus, default=RuleStatus.PUBLISHED)
    hold_reasons = models.JSONField(_("why it is held"), default=dict, blank=True)

    objects = PrimaryManager.from_queryset(RuleQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        permissions = [
            ("decide_rule", _("Can decide of rules")),
            ("export_rule", _("Can export rules")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["artefact", "key"], name="rec_rule_once"),
            models.CheckConstraint(condition=Q(kind__in=RuleKind.values), name="rec_rule_kind"),
            models.CheckConstraint(
                condition=Q(shoppers__gte=2) | Q(kind=RuleKind.SUBSTITUTE, shoppers__gte=0), name="rec_rule_shoppers"
            ),
            models.CheckConstraint(
                condition=Q(orders__gte=1) | Q(kind=RuleKind.SUBSTITUTE, orders__gte=0), name="rec_rule_orders"
            ),
            models.CheckConstraint(condition=Q(status__in=RuleStatus.values), name="rec_rule_status"),
        ]
        indexes = [
            models.Index(fields=["artefact", "-orders"], name="rec_rule_orders_desc"),
            models.Index(fields=["artefact", "kind", "-orders"], name="rec_rule_kind_orders"),
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


APPROVING = (Decision.APPROVED, Decision.BOOSTED, Decision.FROZEN)
"""Decisions that let a held rule into the shop. None that waits can be frozen; a frozen one may come to be held."""

STRENGTHS = (1.1, 10.0)
"""From which to which strength a boost may be."""

USUAL_STRENGTH = 2.0


class DecisionQuerySet(models.QuerySet["RuleDecision"]):
    def in_force(self, now: datetime) -> "DecisionQuerySet":
        begun = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
        return self.filter(begun, Q(ends_at__isnull=True) | Q(ends_at__gt=now))

    def approving(self, now: datetime) -> "models.QuerySet[RuleDecision, str]":
        """Keys of the rules that staff want in the shop at this moment."""
        return self.in_force(now).filter(decision__in=APPROVING).values_list("rule_key", flat=True)

    def rejecting(self, now: datetime) -> "DecisionQuerySet":
        """Decisions against rules at this moment."""
        return self.in_force(now).filter(decision=Decision.REJECTED)


class RuleDecision(Decided):
    """What staff decided of a rule; apart from Rule, so that it outlives every mining.

    `strength` is how many times a boosted rule counts. `frozen` are the rule's columns and the pair's weight at the
    moment when it was frozen, see `services.freezing`; null unless it is.
    """

    rule_key = models.CharField(_("rule key"), max_length=100, unique=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision)
    strength = models.FloatField(
        _("strength of a boost"),
        default=USUAL_STRENGTH,
        validators=[MinValueValidator(STRENGTHS[0]), MaxValueValidator(STRENGTHS[1])],
        help_text=_("1.1 to 10: how many times the rule counts in the order of a list"),
    )
    antecedents = models.GeneratedField(
        # What a list looks decisions up by: `3,8` of `3,8=>12`, with the kind before it where the key has one.
        expression=Left("rule_key", StrIndex("rule_key", models.Value("=>")) - 1),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )
    frozen = models.JSONField(_("as frozen"), null=True, blank=True, editable=False)

    objects = PrimaryManager.from_queryset(DecisionQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("rule decision")
        verbose_name_plural = _("rule decisions")
        indexes = [models.Index(fields=["antecedents"], name="rec_decision_antecedents")]
        constraints = [
            models.CheckConstraint(condition=Q(decision__in=Decision.values), name="rec_decision"),
            models.CheckConstraint(
                condition=Q(strength__gte=STRENGTHS[0], strength__lte=STRENGTHS[1]), name="rec_decision_strength"
            ),
            models.CheckConstraint(condition=PERIOD, name="rec_decision_period"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_key}: {self.get_decision_display()}"


class ManualRule(Decided):
    """A product that staff want shown beside another one, whatever the counts say, from/to; `position` from 1.

    No mining touches it. It has no counts of its own: whatever a page says of numbers is of the pair's real orders.
    """

    antecedent = models.ForeignKey(
        Item, verbose_name=_("beside"), on_delete=models.PROTECT, related_name="manual_rules_from"
    )
    consequent = models.ForeignKey(
        Item, verbose_name=_("product to show"), on_delete=models.PROTECT, related_name="manual_rules_to"
    )
    position = models.PositiveSmallIntegerField(
        pgettext_lazy("in a list", "position"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("1 to 100: the place in the list; empty: before all others"),
    )

    class Meta:
        verbose_name = _("rule by hand")
        verbose_name_plural = _("rules by hand")
        constraints = [
            models.UniqueConstraint(fields=["antecedent", "consequent"], name="rec_manual_once"),
            models.CheckConstraint(condition=~Q(antecedent=models.F("consequent")), name="rec_manual_two_items"),
            models.CheckConstraint(
                condition=Q(position__isnull=True) | Q(position__gte=1, position__lte=100), name="rec_manual_position"
            ),
            models.CheckConstraint(condition=PERIOD, name="rec_manual_period"),
        ]

    def __str__(self) -> str:
        return f"{self.antecedent_id}=>{self.consequent_id}"
