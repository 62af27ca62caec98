"""Merge a visitor into the account it turned out to be: once, whatever was recorded in whatever order."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from recommendations.models import BrowseLog, Consent, Counted, Impression, Order, Rating, Shopper, database
from recommendations.services.identify import forget_browsing, set_consent

LATE = timedelta(minutes=10)
"""No transaction of a shop is open for longer."""


@database.joining
def merge(*, visitor: str, account: str, user_id: Any) -> None:
    """Move what `visitor` (`anon:...`) did to `account` (`user:...`). A refusal of either holds for both.

    Orders that change hands are folded again, so that the counts' snapshot names the account.
    """
    target, _ = Shopper.objects.get_or_create(key=account, defaults={"user_id": user_id})
    if target.user_id is None:
        Shopper.objects.filter(pk=target.pk).update(user_id=user_id)
    # Made where it is missing: what is recorded for it later, by a request that began earlier, finds the account.
    Shopper.objects.get_or_create(key=visitor)
    guest = Shopper.objects.select_for_update().filter(key=visitor, merged_into__isnull=True).first()
    if guest is None:
        return
    Shopper.objects.filter(pk=guest.pk).update(merged_into=target, merged_at=timezone.now())
    _move(guest.pk, target.pk)
    if Consent.REFUSED in (guest.consent, target.consent):
        set_consent(shopper_key=account, state=Consent.REFUSED, now=timezone.now())
    elif guest.consent == Consent.GRANTED and target.consent == Consent.UNDECIDED:
        set_consent(shopper_key=account, state=Consent.GRANTED, now=timezone.now())


def move_late_rows(*, now: datetime) -> None:
    """Move what was being recorded for a visitor at the very moment of the merge; call it every few seconds.

    Such a transaction began before the merge and may end after it: its rows then name the visitor.
    """
    merged = Shopper.objects.filter(merged_at__gt=now - LATE, merged_into__isnull=False)
    for guest_id, target_id, consent in merged.values_list("pk", "merged_into_id", "merged_into__consent"):
        with database.atomic():
            _move(guest_id, target_id)
            if consent == Consent.REFUSED:
                forget_browsing(target_id)


def _move(guest_id: int, target_id: int) -> None:
    BrowseLog.objects.filter(shopper=guest_id).update(shopper=target_id)
    Impression.objects.filter(shopper=guest_id).update(shopper=target_id)
    orders = Order.objects.filter(shopper=guest_id)
    # Pending ones too: a fold that is at one of them may end first, and has then counted it as the visitor's.
    orders.filter(counted__in=[Counted.PENDING, Counted.COUNTED, Counted.EXCLUDED]).to_be_folded(shopper=target_id)
    orders.update(shopper=target_id)
    rated = Rating.objects.filter(shopper=target_id, item=OuterRef("item"))
    Rating.objects.filter(shopper=guest_id).exclude(Exists(rated)).update(shopper=target_id)
    Rating.objects.filter(shopper=guest_id).delete()
