"""What the plugin does on the side may fail: the order is placed, the user is logged in, their transaction goes on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import SynchronousOnlyOperation

from recommendations.models import database

logger = logging.getLogger(__name__)


@contextmanager
def sparing(what: str = "something") -> Iterator[None]:
    """`with record.sparing("order 5"): record.order(...)`: whatever fails in here is logged and costs no sale.

    What could not be recorded is missing in the counts until it is back-filled. In an asynchronous view, which must
    not use the database, it raises Django's SynchronousOnlyOperation: call it in `sync_to_async`.
    """
    try:
        with database.savepoints():
            yield
    except SynchronousOnlyOperation:
        # Not a fault of this order but of the code around: it would lose every order in silence.
        raise
    except Exception:
        logger.exception("%s could not be recorded for recommendations", what)
