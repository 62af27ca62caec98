"""What every page shows: departments, the cart's count, the personalisation switch."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject, lazy

from recommendations.services.identify import consent_of, may_record, shopper_key
from shop.cart import Cart
from shop.models import Category


def shop(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that pages which show none of it (the admin's) pay no query."""
    return {
        "departments": SimpleLazyObject(_departments),
        "cart_pieces": lazy(lambda: Cart(request.session, timezone.now()).pieces, int)(),
        "is_personal": SimpleLazyObject(lambda: _is_personal(request)),
    }


def _departments() -> list[Category]:
    return list(Category.objects.filter(parent__isnull=True))


def _is_personal(request: HttpRequest) -> bool:
    key = shopper_key(request)
    return may_record(consent_of(key) if key else None)
