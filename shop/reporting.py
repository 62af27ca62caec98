"""Tell the recommendation plugin what happened, within the shop's own transaction."""

import logging
from collections.abc import Callable

from django.db import transaction

logger = logging.getLogger(__name__)


def report(what: str, record: Callable[[], object]) -> None:
    """Record in a savepoint: if it fails, the plugin misses it and is back-filled later, and the sale stands."""
    try:
        with transaction.atomic():
            record()
    except Exception:  # No fault of a recommendation may cost the shop an order.
        logger.exception("%s could not be recorded for recommendations", what)
