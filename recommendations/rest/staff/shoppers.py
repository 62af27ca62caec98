"""Erasing a shopper in their name."""

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.data.orders import require_shopper_key
from recommendations.rest.base import TrustedView
from recommendations.rest.described import in_path, operation
from recommendations.services.erase import erase


class ShopperView(TrustedView):
    """All that is kept of one shopper."""

    part = "shopper"
    rights = {"DELETE": ["delete_shopper", "see_personal_data"]}

    @operation(
        "Erase a shopper",
        status=204,
        parameters=(in_path("key", "the shopper's key, such as `user:42` or `anon:<uuid>`"),),
        errors=(401, 403),
    )
    def delete(self, request: Request, key: str) -> Response:
        """204 whether or not anything was known of them; it cannot be undone."""
        require_shopper_key("key", key)
        erase(key, now=timezone.now(), user_id=self.user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
