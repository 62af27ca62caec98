"""Named spots in the shop, and what staff pin, boost or hide there."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row
from recommendations.models.items import Item


class Strategy(models.TextChoices):
    RELATED = "related", _("bought together with a product")
    CART = "cart", _("complete the cart")
    FOR_YOU = "for_you", _("for you")
    BUY_AGAIN = "buy_again", _("buy again")
    NEW_FOR_YOU = "new_for_you", _("new for you")
    BECAUSE_VIEWED = "because_viewed", _("because you viewed")
    SIMILAR = "similar", _("similar to a product")
    NEW_ARRIVALS = "new_arrivals", _("new arrivals")


class Fallback(models.TextChoices):
    CATEGORY = "category", _("best sellers of the category")
    POPULAR = "popular", _("best sellers")


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
            models.CheckConstraint(condition=Q(explore__gte=0, explore__lte=0.5), name="rec_placement_explore"),
        ]

    def __str__(self) -> str:
        return self.slug


class PinKind(models.TextChoices):
    PIN = "pin", _("pin on top")
    BOOST = "boost", _("boost")
    HIDE = "hide", _("hide")


class Pin(Row):
    """What staff want of one item in one placement, from/to; a pin's `position` counts from 1."""

    placement = models.ForeignKey(
        Placement, verbose_name=_("placement"), on_delete=models.CASCADE, related_name="pins", db_index=False
    )
    item = models.ForeignKey(Item, verbose_name=_("item"), on_delete=models.PROTECT, related_name="pins")
    kind = models.CharField(_("kind"), max_length=10, choices=PinKind)
    position = models.PositiveSmallIntegerField(_("position"), null=True, blank=True)
    factor = models.FloatField(_("boost factor"), default=1.0)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("to"), null=True, blank=True)

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
                condition=Q(ends_at__isnull=True) | Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="rec_pin_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} in {self.placement_id}"
