"""What shoppers think of a product: the average of their stars, how many gave some, and the asking shopper's own."""

from dataclasses import dataclass

from django.db.models import Avg, Count, Max, Q

from recommendations.catalogue import get_catalogue
from recommendations.data.orders import require_key
from recommendations.models import Rating


@dataclass(frozen=True, slots=True)
class Stars:
    """`average` of 1 to 5 is None where nobody rated; `own` is None where the asking shopper did not."""

    average: float | None
    count: int
    own: int | None


def stars_of(product: str, *, shopper: str | None = None) -> Stars:
    """The ratings of the item that a product is counted as, by one query.

    Parameters
    ----------
    product : a product key; one that nobody rated, or that the shop does not know, has no stars.
    shopper : key of the asking shopper.

    Raises
    ------
    InvalidInput : the key is none.
    """
    require_key("product", product)
    identity = get_catalogue().identify([product]).get(product)
    rated = Rating.objects.filter(item__key=identity.item_key if identity else product)
    own = Max("stars", filter=Q(shopper__key=shopper or ""))
    return Stars(**rated.aggregate(average=Avg("stars"), count=Count("pk"), own=own))
