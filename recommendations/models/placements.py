"""Named spots in the shop, and what staff pin, boost or hide there."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row
from recommendations.models.decided import PERIOD, Decided
from recommendations.models.items import Item


class Strategy(models.TextChoices):
    RELATED = "related", _("bought together with a product")
    CART = "cart", _("complete the cart")
    FOR_YOU = "for_you", _("for you")
    BUY_AGAIN = "buy_again", _("buy again")
    NEW_FOR_YOU = "new_for_you", _("new for you")
    BECAUSE_VIEWED = "because_viewed", _("because you viewed")
    SIMILAR = "similar", _("similar to a product")
    VIEWED_TOGETHER = "viewed_together", _("viewed together with a product")
    SUBSTITUTES = "substitutes", _("instead of a product")
    TRENDING = "trending", _("trending")
    BEST_SELLERS = "best_sellers", _("best sellers of these weeks")
    OFFERS = "offers", _("running offers")
    RECENTLY_VIEWED = "recently_viewed", _("viewed by the shopper")
    NEW_ARRIVALS = "new_arrivals", _("new arrivals")
    BLEND = "blend", _("a blend of several")


USUAL_TITLES = (
    gettext_noop("Goes well with it"),
    gettext_noop("Goes well with your cart"),
    gettext_noop("For you"),
    gettext_noop("Buy again"),
    gettext_noop("New for you"),
    gettext_noop("Because of what you viewed"),
    gettext_noop("Similar products"),
    gettext_noop("Others viewed as well"),
    gettext_noop("Instead of it"),
    gettext_noop("Trending now"),
    gettext_noop("Best sellers"),
    gettext_noop("Offers for you"),
    gettext_noop("You looked at these"),
    gettext_noop("New arrivals"),
)
"""Titles of the placements that migrations make: rows, so that translators would find them nowhere else."""

UNBLENDED = (Strategy.BLEND, Strategy.NEW_ARRIVALS)
"""No sources of a blend: a blend itself, and what is drawn instead of scored (`explore` mixes it in)."""


class Fallback(models.TextChoices):
    CATEGORY = "category", _("best sellers of the category")
    POPULAR = "popular", _("best sellers")


class BoughtBefore(models.TextChoices):
    """What becomes of an item that the asking shopper bought before."""

    IF_REPEATED = "if_repeated", _("shown if it is one that shoppers buy again")
    SHOW = "show", _("shown")
    HIDE = "hide", _("left out")


def default_fallbacks() -> list[str]:
    return [Fallback.CATEGORY.value, Fallback.POPULAR.value]


class Placement(Row):
    """A named spot in the shop: what is suggested there, how many, and what answers when that has nothing."""

    slug = models.SlugField(_("name"), max_length=50, unique=True)
    title = models.CharField(_("title"), max_length=100, blank=True)
    strategy = models.CharField(_("strategy"), max_length=20, choices=Strategy)
    limit = models.PositiveSmallIntegerField(
        _("limit"), default=8, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    fallbacks = models.JSONField(_("fallback chain"), default=default_fallbacks)
    in_stock_only = models.BooleanField(_("only what is in stock"), default=True)
    sources = models.JSONField(
        _("sources of a blend"),
        default=list,
        blank=True,
        help_text=_('a list such as [{"strategy": "related", "weight": 0.7}, {"strategy": "similar", "weight": 0.3}]'),
    )
    diversity = models.FloatField(
        _("diversity"),
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("0 to 1: how much an item counts for being unlike those before it; 0 leaves the order as it is"),
    )
    per_category = models.PositiveSmallIntegerField(
        _("most of a category"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("by the first category of an item; empty: any number. A list that would be short takes more."),
    )
    per_brand = models.PositiveSmallIntegerField(
        _("most of a brand"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("empty: any number. A list that would be short takes more."),
    )
    price_band = models.FloatField(
        _("price band"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1_000)],
        help_text=_("most times that a suggestion costs more or less than the product asked about; empty: any price"),
    )
    promoted_share = models.FloatField(
        _("share of promoted items"),
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("0 to 1: the share of the limit, rounded down, that promoted items may take"),
    )
    bought_before = models.CharField(
        _("what was bought before"),
        max_length=11,
        choices=BoughtBefore,
        default=BoughtBefore.IF_REPEATED,
        help_text=_("lists of what the shopper bought or viewed hold it in any case, new for you in none"),
    )
    explore = models.FloatField(
        _("share for new items"),
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(0.5)],
        help_text=_("of the places, from 0 to 0.5, that try what is new in the shop"),
    )

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        constraints = [
            models.CheckConstraint(condition=Q(strategy__in=Strategy.values), name="rec_placement_strategy"),
            models.CheckConstraint(condition=Q(limit__gte=1, limit__lte=100), name="rec_placement_limit"),
            models.CheckConstraint(
                condition=Q(diversity__gte=0, diversity__lte=1, promoted_share__gte=0, promoted_share__lte=1),
                name="rec_placement_shares",
            ),
            models.CheckConstraint(
                condition=Q(per_category__isnull=True) | Q(per_category__gte=1), name="rec_placement_per_category"
            ),
            models.CheckConstraint(
                condition=Q(per_brand__isnull=True) | Q(per_brand__gte=1), name="rec_placement_per_brand"
            ),
            models.CheckConstraint(
                condition=Q(price_band__isnull=True) | Q(price_band__gte=1), name="rec_placement_price_band"
            ),
            models.CheckConstraint(condition=Q(bought_before__in=BoughtBefore.values), name="rec_placement_bought"),
            models.CheckConstraint(condition=Q(explore__gte=0, explore__lte=0.5), name="rec_placement_explore"),
        ]

    def __str__(self) -> str:
        return self.slug

    def clean(self) -> None:
        problem = next(_problems(self.sources), None)
        if problem is None and self.strategy == Strategy.BLEND and not self.sources:
            problem = _("A blend needs at least one source.")
        if problem is not None:
            raise ValidationError({"sources": problem})


def _problems(sources: Any) -> Iterator[Any]:
    """What is wrong with the sources of a blend."""
    allowed = [value for value in Strategy.values if value not in UNBLENDED]
    if not isinstance(sources, list) or not all(isinstance(one, dict) for one in sources):
        yield _('Must be a list of {"strategy": name, "weight": above 0, up to 1}.')
        return
    for one in sources:
        if set(one) != {"strategy", "weight"}:
            yield _("Each source has a strategy and a weight, and nothing else.")
        elif one["strategy"] not in allowed:
            yield _("strategy must be one of %(allowed)s, not %(value)r.") % {
                "allowed": ", ".join(allowed),
                "value": one["strategy"],
            }
        elif (
            not isinstance(one["weight"], int | float) or isinstance(one["weight"], bool) or not 0 < one["weight"] <= 1
        ):
            yield _("weight must be a number above 0, up to 1, not %(value)r.") % {"value": one["weight"]}
    names = [str(one.get("strategy")) for one in sources]
    if len(set(names)) < len(names):
        yield _("Each strategy may be named once.")


class PinKind(models.TextChoices):
    PIN = "pin", _("pin on top")
    BOOST = "boost", _("boost")
    HIDE = "hide", _("hide")
    PROMOTE = "promote", _("promote (sponsored)")


class Pin(Row):
    """What staff want of one item in one placement, from/to; a pin's `position` counts from 1.

    `factor` is what a boost multiplies the score with, and the weight of a promoted item among the promoted ones.
    """

    placement = models.ForeignKey(
        Placement, verbose_name=_("placement"), on_delete=models.CASCADE, related_name="pins", db_index=False
    )
    item = models.ForeignKey(Item, verbose_name=_("item"), on_delete=models.PROTECT, related_name="pins")
    kind = models.CharField(_("kind"), max_length=10, choices=PinKind)
    position = models.PositiveSmallIntegerField(pgettext_lazy("in a list", "position"), null=True, blank=True)
    factor = models.FloatField(_("boost factor or weight"), default=1.0)
    starts_at = models.DateTimeField(pgettext_lazy("a period", "from"), null=True, blank=True)
    ends_at = models.DateTimeField(pgettext_lazy("a period", "to"), null=True, blank=True)

    class Meta:
        verbose_name = _("pin")
        verbose_name_plural = _("pins")
        constraints = [
            models.UniqueConstraint(fields=["placement", "item", "kind"], name="rec_pin_once"),
            models.CheckConstraint(condition=Q(kind__in=PinKind.values), name="rec_pin_kind"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="rec_pin_factor"),
            models.CheckConstraint(
                condition=Q(position__isnull=True) | Q(position__gte=1, position__lte=100), name="rec_pin_position"
            ),
            models.CheckConstraint(
                condition=PERIOD,
                name="rec_pin_period",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(kind)s: item %(item)s in placement %(placement)s") % {
            "kind": self.get_kind_display(),
            "item": self.item_id,
            "placement": self.placement_id,
        }


class CategoryBan(Decided):
    """Two categories that staff do not want beside each other in lists that are asked about products, from/to."""

    category = models.CharField(_("category"), max_length=200, help_text=_("a key, as the shop names it"))
    beside = models.CharField(_("not beside"), max_length=200, help_text=_("another; the ban holds both ways"))

    class Meta:
        verbose_name = _("category ban")
        verbose_name_plural = _("category bans")
        constraints = [
            models.UniqueConstraint(fields=["category", "beside"], name="rec_ban_once"),
            models.CheckConstraint(condition=PERIOD, name="rec_ban_period"),
        ]

    def __str__(self) -> str:
        return f"{self.category} | {self.beside}"
