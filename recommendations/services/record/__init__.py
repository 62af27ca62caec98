"""The one write path: what happened in the shop becomes rows, inside the caller's transaction.

Every call is idempotent by its key, sends nothing over a network and costs a constant number of queries.
"""

from recommendations.services.record.amending import Returned, cancel, refund, returned
from recommendations.services.record.browsing import BrowseEvent, Outcome, events, impressions, rating
from recommendations.services.record.placing import Recorded, order, orders

__all__ = [
    "BrowseEvent",
    "Outcome",
    "Recorded",
    "Returned",
    "cancel",
    "events",
    "impressions",
    "order",
    "orders",
    "rating",
    "refund",
    "returned",
]
