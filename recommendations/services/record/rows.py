"""Rows that recording needs first: items and shoppers, made where they are missing."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from recommendations.models import Consent, Item, Shopper
from recommendations.models.sql import insert
from recommendations.selectors.known import Known, known


def digest(body: Any) -> str:
    """SHA-256 of a body in one canonical spelling: two bodies are the same if and only if their digests are."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def ensure_items(keys: Iterable[str], found: Known) -> Mapping[str, int]:
    """Ids of these items, those that are missing inserted in key order (so that two writers never wait in a circle)."""
    missing = sorted(set(keys) - found.items.keys())
    if not missing:
        return found.items
    now = timezone.now()
    made = insert(Item, ["key", "created_at"], [(key, now) for key in missing], unique=["key"], returning=["key", "id"])
    ids = {**found.items, **dict(made)}
    rivals = set(missing) - ids.keys()
    return {**ids, **known(items=rivals).items} if rivals else ids


def ensure_shoppers(keys: Iterable[str], found: Known) -> Mapping[str, int]:
    """Ids of these shoppers, those that are missing inserted."""
    missing = sorted(set(keys) - found.shoppers.keys())
    if not missing:
        return found.shoppers
    now = timezone.now()
    made = insert(
        Shopper,
        ["key", "consent", "consent_version", "created_at"],
        [(key, Consent.UNDECIDED.value, 0, now) for key in missing],
        unique=["key"],
        returning=["key", "id"],
    )
    ids = {**found.shoppers, **dict(made)}
    rivals = set(missing) - ids.keys()
    return {**ids, **known(shoppers=rivals).shoppers} if rivals else ids
