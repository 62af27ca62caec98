"""Let orders that could not be counted be tried again; each leaves one entry in the log."""

from typing import Any

from recommendations.models import Order, database
from recommendations.services import audit


@database.joining
def count_again(*, user: Any) -> int:
    """Hand every quarantined order to the next fold; returns how many they were."""
    orders = list(Order.objects.quarantined().select_for_update())
    found = [order.pk for order in orders]
    Order.objects.filter(pk__in=found).to_be_folded(quarantine_reason="")
    after = dict(Order.objects.filter(pk__in=found).values_list("pk", "counted"))
    for order in orders:
        before = {"counted": order.counted, "quarantine_reason": order.quarantine_reason}
        audit.note(order, user_id=user.pk, before=before, after={"counted": after[order.pk], "quarantine_reason": ""})
    return len(orders)
