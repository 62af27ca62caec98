"""What shoppers look at and how they rate it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row
from recommendations.models.items import Item
from recommendations.models.shoppers import Shopper


class EventKind(models.TextChoices):
    VIEW = "view", _("view")
    CLICK = "click", _("click on a suggestion")
    SEARCH = "search", _("search")
    CART_ADD = "cart_add", _("added to cart")
    CART_REMOVE = "cart_remove", _("removed from cart")
    FAVOURITE = "favourite", _("favourite")
    NOT_INTERESTED = "not_interested", _("not interested")


class BrowseLog(Row):
    """One browse event. `recommendation` is the id of the list it came from, if any.

    `placement` and `strategy` are that list's, `source` is what proposed the item in it, as the signed id told them:
    they are known whether or not the page reported the list, and empty where the event came from none.

    `clamped`: the device told a time before 2000 or in the future, and `at` is when the event arrived.
    """

    event_id = models.UUIDField(_("event id"), unique=True)
    shopper = models.ForeignKey(
        Shopper, verbose_name=_("shopper"), on_delete=models.CASCADE, related_name="events", db_index=False
    )
    session = models.CharField(_("session"), max_length=64, blank=True)
    item = models.ForeignKey(
        Item,
        verbose_name=_("item"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=15, choices=EventKind)
    at = models.DateTimeField(_("at"))
    clamped = models.BooleanField(_("time corrected"), default=False)
    dwell_seconds = models.FloatField(_("dwell in seconds"), null=True, blank=True)
    query = models.CharField(_("search words"), max_length=200, blank=True)
    channel = models.CharField(_("channel"), max_length=50, default="web")
    recommendation = models.UUIDField(_("recommendation"), null=True, blank=True)
    placement = models.CharField(_("placement"), max_length=50, blank=True, default="", db_default="")
    strategy = models.CharField(_("strategy"), max_length=20, blank=True, default="", db_default="")
    source = models.CharField(_("source"), max_length=20, blank=True, default="", db_default="")
    body_digest = models.CharField(_("digest of what was sent"), max_length=64, editable=False)

    class Meta:
        verbose_name = _("browse event")
        verbose_name_plural = _("browse log")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EventKind.values), name="rec_browse_kind"),
            models.CheckConstraint(
                condition=Q(dwell_seconds__isnull=True) | Q(dwell_seconds__gte=0), name="rec_browse_dwell"
            ),
            models.CheckConstraint(condition=Q(item__isnull=False) | Q(kind="search"), name="rec_browse_item"),
        ]
        indexes = [
            models.Index(fields=["shopper", "-at"], name="rec_browse_shopper"),
            models.Index(fields=["item", "-at"], name="rec_browse_item_at"),
            models.Index(fields=["at"], name="rec_browse_at"),
            models.Index(fields=["id"], condition=Q(clamped=True), name="rec_browse_clamped"),
            models.Index(fields=["kind", "-id"], condition=~Q(kind="view"), name="rec_browse_kind_newest"),
            models.Index(
                fields=["recommendation"], condition=Q(recommendation__isnull=False), name="rec_browse_recommendation"
            ),
            # The last click on a suggestion before a purchase, whatever else the shopper and the item are part of.
            models.Index(
                fields=["shopper", "item", "-at", "-id"],
                condition=Q(kind="click", recommendation__isnull=False),
                name="rec_browse_touch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.event_id}"


class Rating(Row):
    """A shopper's stars for an item; a later rating replaces the earlier one."""

    shopper = models.ForeignKey(Shopper, verbose_name=_("shopper"), on_delete=models.CASCADE, related_name="ratings")
    item = models.ForeignKey(Item, verbose_name=_("item"), on_delete=models.PROTECT, related_name="ratings")
    stars = models.PositiveSmallIntegerField(_("stars"))
    rated_at = models.DateTimeField(_("rated at"))

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.UniqueConstraint(fields=["shopper", "item"], name="rec_rating_once"),
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="rec_rating_stars"),
        ]

    def __str__(self) -> str:
        return f"{self.stars}/5"
