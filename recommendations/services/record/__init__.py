"""The one write path: what happened in the shop becomes rows, inside the caller's transaction.

Every call is idempotent by its key, sends nothing over a network and costs a constant number of queries.
"""

from recommendations.services.record.amending import cancel, refund
from recommendations.services.record.browsing import BrowseEvent, Outcome, events, impressions, rating
from recommendations.services.record.placing import Recorded, order, orders
from recommendations.services.record.returning import Returned, ReturnedProduct, returned, returns

__all__ = [
    "BrowseEvent",
    "Outcome",
    "Recorded",
    "Returned",
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
]
