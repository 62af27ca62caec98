"""Erase a shopper: from the first commit on nobody can tell whose the rows are; `erasing` deletes them."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from recommendations.models import BrowseLog, Consent, ErasedKey, Impression, Order, Rating, Shopper, database
from recommendations.selectors.erased import shopper_digests
from recommendations.services import audit

logger = logging.getLogger(__name__)

MOST_COUNTED = 10_000
"""Rows of a kind that are counted before an erasure; there may be more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is kept of a shopper and of the visitors they were before; each number at most MOST_COUNTED."""

    visitors: int = 0
    events: int = 0
    impressions: int = 0
    ratings: int = 0
    orders: int = 0


def kept_of(shopper_key: str) -> Kept:
    """What `erase` would delete."""
    ids = list(_same_person(shopper_key).values_list("pk", flat=True))
    if not ids:
        return Kept()
    counted: dict[str, QuerySet[Any]] = {
        "events": BrowseLog.objects.filter(shopper__in=ids),
        "impressions": Impression.objects.filter(shopper__in=ids),
        "ratings": Rating.objects.filter(shopper__in=ids),
        "orders": Order.objects.filter(shopper__in=ids),
    }
    most = {name: len(rows.values_list("pk")[:MOST_COUNTED]) for name, rows in counted.items()}
    return Kept(visitors=len(ids) - 1, **most)


def erase(shopper_key: str, *, now: datetime, user_id: int | None = None) -> bool:
    """Erase an account with all the visitors it was, or a visitor, of an account the whole account.

    One short transaction takes their names off their rows, so that nothing personal is served or shown any more, and
    keeps digests, so that nothing of before `now` is recorded again. Deleting the rows is the job `erase`'s. Erased is
    not banned: what the account does later is a newcomer's. Who had refused has still refused: that alone is kept.

    Parameters
    ----------
    user_id : the member of staff who erases; None: the shopper or a command.

    Returns
    -------
    Whether anything was known of them. An account is erased from the shop's older orders even if not.
    """
    with database.atomic():
        found = list(_same_person(shopper_key).select_for_update().order_by("pk"))
        keys = {shopper_key, *(one.key for one in found)} if found or shopper_key.startswith("user:") else set()
        digests = {key: shopper_digests(key)[0] for key in keys}
        ErasedKey.objects.bulk_create(
            [ErasedKey(digest=digest, erased_at=now) for digest in sorted(digests.values())],
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=["erased_at"],
        )
        take_names(found, now=now)
        if Consent.REFUSED in {one.consent for one in found if one.merged_into_id is None}:
            refused = [Shopper(key=one.key, consent=Consent.REFUSED, consent_at=now) for one in found]
            Shopper.objects.bulk_create(refused)
        if found:
            _note(found, digests[shopper_key], user_id)
    return bool(found)


def take_names(shoppers: "list[Shopper]", *, now: datetime) -> None:
    """Take key, login and ties off these rows, and their names out of the log. Nothing is served for them."""
    ids = [one.pk for one in shoppers]
    Shopper.objects.filter(pk__in=ids).update(
        key=Concat(Value("erased:"), F("pk")),
        user=None,
        merged_into=None,
        merged_at=None,
        consent=Consent.REFUSED,
        consent_at=None,
        erased_at=now,
    )
    audit.forget_names(Shopper, ids)


def _same_person(shopper_key: str) -> "QuerySet[Shopper]":
    """The account and the visitors that became it, by the key of any of them."""
    named = Shopper.objects.filter(key=shopper_key, erased_at__isnull=True).values_list("pk", "merged_into_id").first()
    if named is None:
        return Shopper.objects.none()
    owner = named[1] or named[0]
    return Shopper.objects.filter(Q(pk=owner) | Q(merged_into=owner), erased_at__isnull=True)


def _note(found: "list[Shopper]", digest: str, user_id: int | None) -> None:
    """The one entry of the log: by a digest, whoever erased."""
    if user_id is None:
        logger.info("a shopper was erased: %s", digest)
        return
    owner = next(one for one in found if one.merged_into_id is None)
    row = Shopper(pk=owner.pk, key=f"erased:{owner.pk}")
    audit.note(row, user_id=user_id, before={"digest": digest, "visitors": len(found) - 1}, after=None)
