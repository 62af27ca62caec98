"""Items: the plugin's compact row for each product key of the shop."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row


class Item(Row):
    """A product as the counts know it. What the product *is* stays with the shop."""

    key = models.CharField(_("product key"), max_length=200, unique=True)
    is_counted = models.BooleanField(
        _("counted"),
        default=True,
        db_default=True,
        help_text=_("off where the shop's catalogue says that it is no product"),
    )
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        indexes = [models.Index(fields=["id"], condition=models.Q(is_counted=False), name="rec_item_uncounted")]

    def __str__(self) -> str:
        return self.key
