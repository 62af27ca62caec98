"""The one write path: what happened in the shop becomes rows, inside the caller's transaction.

Every call is idempotent by its key, sends nothing over a network and costs a constant number of queries. All that a
checkout needs is here: `record.order(record.PlacedOrder(..., shopper=record.shopper_key(request)))`.
"""

from recommendations.data.orders import PlacedLine, PlacedOrder, ReturnedLine
from recommendations.services.identify import shopper_key
from recommendations.services.record.amending import cancel, refund
from recommendations.services.record.browsing import (
    BrowseEvent,
    Outcome,
    events,
    impressions,
    rating,
    unrate,
)
from recommendations.services.record.placing import Recorded, order, orders
from recommendations.services.record.returning import Returned, ReturnedProduct, returned, returns
from recommendations.services.sparing import sparing

__all__ = [
    "BrowseEvent",
    "Outcome",
    "PlacedLine",
    "PlacedOrder",
    "Recorded",
    "Returned",
    "ReturnedLine",
    "ReturnedProduct",
    "cancel",
    "events",
    "impressions",
    "order",
    "orders",
    "rating",
    "refund",
    "returned",
    "returns",
    "shopper_key",
    "sparing",
    "unrate",
]
