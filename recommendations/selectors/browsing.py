"""What shoppers viewed, as arrays."""

from datetime import datetime

import numpy as np

from recommendations.conf import settings
from recommendations.data.views import Views
from recommendations.models import BrowseLog, Consent, EventKind


def views(*, since: datetime, most: int) -> Views:
    """The newest views from `since` on of shoppers who may be recorded, at most about `most`.

    Where there are more, the window begins later: all views of its first second and of what follows are read.
    """
    rows = BrowseLog.objects.filter(kind=EventKind.VIEW, at__gte=since, clamped=False)
    if settings.CONSENT == "opt_in":
        rows = rows.filter(shopper__consent=Consent.GRANTED)
    else:
        rows = rows.exclude(shopper__consent=Consent.REFUSED)
    beyond = rows.order_by("-at").values_list("at", flat=True)[most : most + 1].first()
    if beyond is not None:
        rows = rows.filter(at__gt=beyond)
    columns = rows.order_by("at", "id").values_list("shopper_id", "item_id", "at", "dwell_seconds")
    read = np.fromiter(
        (
            (shopper, item, int(at.timestamp()), np.nan if dwell is None else dwell)
            for shopper, item, at, dwell in columns.iterator(chunk_size=10_000)
        ),
        dtype=[("shopper", np.int64), ("item", np.int64), ("at", np.int64), ("dwell", np.float64)],
    )
    return Views(read["shopper"], read["item"], read["at"], read["dwell"])
