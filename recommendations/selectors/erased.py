"""Digests by which a key of somebody who was erased is recognised, though none of them tells the key."""

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "recommendations.erased"


def shopper_digests(key: str) -> list[str]:
    """HMACs of a shopper's key by the SECRET_KEY of now, which is the first, and by those before it."""
    return _digests(f"shopper\n{key}")


def order_digests(channel: str, key: str) -> list[str]:
    """The same of an order's key in its channel."""
    return _digests(f"order\n{channel}\n{key}")


def _digests(words: str) -> list[str]:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(SALT, words, secret=secret, algorithm="sha256").hexdigest() for secret in secrets]
