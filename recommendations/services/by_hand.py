"""Rules that staff make by hand: products that they want beside others, one rule for each pair."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import Item, ManualRule, database
from recommendations.services import curate
from recommendations.services.record.browsing import ensure_product

MOST_BESIDE = 50


@database.joining
def choose(
    *,
    beside: Sequence[str],
    product: str,
    position: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    note: str = "",
    user_id: int,
) -> list[ManualRule]:
    """Show a product beside each of these, as one rule each; one that is there already is changed.

    Parameters
    ----------
    beside, product : product keys, of at most 50 and of one product; items are made of what the shop alone knows.

    Raises
    ------
    InvalidInput : there is no such product, one stands beside itself, there are none or too many, the period or the
        position is none.
    """
    if not 1 <= len(beside) <= MOST_BESIDE:
        raise InvalidInput("beside", f"must be 1 to {MOST_BESIDE} products, not {len(beside)}")
    if position is not None and not 1 <= position <= 100:
        raise InvalidInput("position", f"must be from 1 to 100, not {position}")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidInput("ends_at", f"must be later than starts_at, not {ends_at.isoformat()}")
    shown = _item("product", product)
    others = list({item.pk: item for item in (_item("beside", key) for key in beside)}.values())
    if shown in others:
        raise InvalidInput("beside", gettext("a product cannot stand beside itself"))
    before = {row.antecedent_id: row for row in ManualRule.objects.filter(antecedent__in=others, consequent=shown)}
    rows = []
    for other in others:
        row = before.get(other.pk) or ManualRule(antecedent=other, consequent=shown)
        wanted = {"position": position, "starts_at": starts_at, "ends_at": ends_at, "note": note}
        curate.keep(row, {**wanted, "decided_by_id": user_id, "decided_at": timezone.now()}, user_id=user_id)
        rows.append(row)
    return rows


@database.joining
def withdraw(rows: Iterable[ManualRule], *, user_id: int) -> int:
    """Take rules back; how many there were."""
    taken = list(rows)
    for row in taken:
        curate.remove(row, user_id=user_id)
    return len(taken)


def _item(field: str, product: str) -> Item:
    try:
        return ensure_product(product)
    except InvalidInput as error:
        raise InvalidInput(field, error.message) from None
    except UnknownProduct as error:
        raise InvalidInput(field, str(error)) from None
