"""What was learnt from what was shown: exact sums of impressions, and the new items that lists may try."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row
from recommendations.models.items import Item


class ItemExposure(Row):
    """How often an item was shown at one rank of one placement, and what became of it.

    Sums over impressions whose outcome was counted. `weight`, `weight_clicks` and `weight_purchases` sum 2^10 w, with w
    the inverse of the propensity (`evaluation.examination.weight`), `weight_squares` 2^10 w^2: integers, so that adding
    and subtracting stay exact. A purchase is one that a click led to; it is a click too.
    """

    placement = models.CharField(_("placement"), max_length=50)
    item = models.ForeignKey(
        Item, verbose_name=_("item"), on_delete=models.PROTECT, related_name="exposures", db_index=False
    )
    rank = models.PositiveSmallIntegerField(_("rank"))
    impressions = models.BigIntegerField(_("impressions"))
    clicks = models.BigIntegerField(_("clicks"))
    purchases = models.BigIntegerField(_("purchases"))
    weight = models.BigIntegerField(_("weight"))
    weight_clicks = models.BigIntegerField(_("weight of clicks"))
    weight_purchases = models.BigIntegerField(_("weight of purchases"))
    weight_squares = models.BigIntegerField(_("squares of weights"))

    class Meta:
        verbose_name = _("exposure")
        verbose_name_plural = _("exposures")
        constraints = [
            models.UniqueConstraint(fields=["item", "placement", "rank"], name="rec_exposure_place"),
            models.CheckConstraint(
                condition=Q(impressions__gte=0, clicks__gte=0, purchases__gte=0, weight__gte=0),
                name="rec_exposure_sums",
            ),
        ]

    def __str__(self) -> str:
        return gettext("item %(item)s at rank %(rank)s of %(placement)s: %(impressions)s impressions") % {
            "item": self.item_id,
            "rank": self.rank,
            "placement": self.placement,
            "impressions": self.impressions,
        }


class Arrival(Row):
    """A new item that lists may try: what is believed of it, and its share of the tries.

    `believed` is the rate of its category before anything of it is known, `examinations` and `rewards` what
    `evaluation.examination.judged` made of its exposures; a click is half a reward, a purchase the other half.
    `share` is 0 for an item that had its tries and brought nothing.
    """

    item = models.OneToOneField(Item, verbose_name=_("item"), on_delete=models.CASCADE, related_name="arrival")
    launched_at = models.DateTimeField(_("launched"), db_index=True)
    categories = models.JSONField(_("categories"), default=list)
    believed = models.FloatField(_("believed before"))
    examinations = models.FloatField(_("examinations"))
    rewards = models.FloatField(_("rewards"))
    share = models.FloatField(_("share of tries"))

    class Meta:
        verbose_name = _("new arrival")
        verbose_name_plural = _("new arrivals")
        constraints = [models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="rec_arrival_share")]

    def __str__(self) -> str:
        return gettext("item %(item)s, launched on %(day)s") % {
            "item": self.item_id,
            "day": f"{self.launched_at:%Y-%m-%d}",
        }
