"""Chinese titles as one types them in Latin letters, for the search of staff."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row


class Spelling(Row):
    """The pinyin of all titles that have some, one row in all: what sells best comes first.

    `spelt` has a line a title, each syllable with a capital: `DiWenXianNiuNai`. `item_ids` are the items of the lines,
    as little-endian int64.
    """

    item_ids = models.BinaryField(_("items"), editable=False)
    spelt = models.TextField(_("pinyin"), editable=False)
    title_count = models.PositiveIntegerField(_("titles"))
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("pinyin of titles")
        verbose_name_plural = _("pinyin of titles")

    def __str__(self) -> str:
        return f"{self.title_count:,}"
