"""What is kept of those who are gone: digests that recognise a key when it comes again, and tell none."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import Row


class ErasedKey(Row):
    """The keyed digest of an erased shopper's key, or of an order that was theirs (`selectors.erased`).

    What happened before `erased_at` is not recorded again, however late it comes.
    """

    digest = models.CharField(_("digest"), max_length=64, unique=True)
    erased_at = models.DateTimeField(_("erased at"))

    class Meta:
        verbose_name = _("erased key")
        verbose_name_plural = _("erased keys")
        default_permissions = ()

    def __str__(self) -> str:
        return self.digest
