"""Merge a visitor into the account it turned out to be: once, whatever was recorded in whatever order."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from recommendations.models import BrowseLog, Consent, Counted, Impression, Order, Rating, Shopper, database
from recommendations.services.identify import set_consent


@database.joining
def merge(*, visitor: str, account: str, user_id: Any) -> None:
    """Move what `visitor` (`anon:...`) did to `account` (`user:...`). A refusal of either holds for both.

    Orders that change hands are folded again, so that the counts' snapshot names the account.
    """
    target, _ = Shopper.objects.get_or_create(key=account, defaults={"user_id": user_id})
    if target.user_id is None:
        Shopper.objects.filter(pk=target.pk).update(user_id=user_id)
    guest = Shopper.objects.select_for_update().filter(key=visitor, merged_into__isnull=True).first()
    if guest is None:
        return
    BrowseLog.objects.filter(shopper=guest).update(shopper=target)
    Impression.objects.filter(shopper=guest).update(shopper=target)
    Order.objects.filter(shopper=guest).exclude(counted=Counted.PENDING).update(shopper=target, counted=Counted.PENDING)
    Order.objects.filter(shopper=guest).update(shopper=target)
    rated = Rating.objects.filter(shopper=target, item=OuterRef("item"))
    Rating.objects.filter(shopper=guest).exclude(Exists(rated)).update(shopper=target)
    Rating.objects.filter(shopper=guest).delete()
    Shopper.objects.filter(pk=guest.pk).update(merged_into=target)
    if Consent.REFUSED in (guest.consent, target.consent):
        set_consent(shopper_key=account, state=Consent.REFUSED, now=timezone.now())
    elif guest.consent == Consent.GRANTED and target.consent == Consent.UNDECIDED:
        set_consent(shopper_key=account, state=Consent.GRANTED, now=timezone.now())
