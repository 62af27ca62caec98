"""Shoppers: known accounts and anonymous visitors, with what they decided about their data."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.conf import settings as plugin_settings
from recommendations.models.database import PrimaryManager, Row


class Consent(models.TextChoices):
    UNDECIDED = "undecided", _("undecided")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")

    @classmethod
    def allowing(cls) -> tuple["Consent", ...]:
        """The consent gate: whoever decided one of these may be recorded and served personally."""
        return (cls.GRANTED,) if plugin_settings.CONSENT == "opt_in" else (cls.UNDECIDED, cls.GRANTED)


class ShopperQuerySet(models.QuerySet["Shopper"]):
    def erased(self) -> "ShopperQuerySet":
        """Those who are gone; what they left is being deleted."""
        return self.filter(erased_at__isnull=False)


class Shopper(Row):
    """`user:42` or `anon:<uuid>`. After login an anonymous shopper points to the account it became.

    An erased one has lost its key (`erased:...` says nothing) and is kept until all that pointed to it is deleted.
    """

    key = models.CharField(_("shopper key"), max_length=200, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    consent = models.CharField(_("consent"), max_length=10, choices=Consent, default=Consent.UNDECIDED)
    consent_version = models.PositiveIntegerField(_("consent version"), default=0)
    consent_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", verbose_name=_("merged into"), null=True, blank=True, on_delete=models.CASCADE, related_name="merged"
    )
    merged_at = models.DateTimeField(_("merged at"), null=True, blank=True)
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)

    objects = PrimaryManager.from_queryset(ShopperQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("shopper")
        verbose_name_plural = _("shoppers")
        permissions = [("see_personal_data", _("Can see what single shoppers did and were shown"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(consent__in=Consent.values), name="rec_shopper_consent"),
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")), name="rec_shopper_not_merged_into_itself"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merged_at"], condition=models.Q(merged_at__isnull=False), name="rec_shopper_merged_at"
            ),
            models.Index(fields=["id"], condition=models.Q(erased_at__isnull=False), name="rec_shopper_erased"),
        ]

    def __str__(self) -> str:
        return self.key
