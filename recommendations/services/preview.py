"""For staff: what a placement would show now, as it is saved or as it would be with other settings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from recommendations.catalogue import Context
from recommendations.models import Placement, Shopper
from recommendations.selectors.spots import FIELDS
from recommendations.services import audit, serve


def preview(
    placement: Placement,
    *,
    context: Context,
    now: datetime,
    user_id: int,
    products: Sequence[str] = (),
    shopper: str | None = None,
    category: str | None = None,
    limit: int | None = None,
    drawn_by: UUID | None = None,
) -> serve.Recommendation:
    """The list as a page of the shop would have it, with every candidate as `considered`.

    Nothing is written but who of the staff looked at what a shopper would be shown.

    Parameters
    ----------
    placement : a saved one; what it holds counts, even if it is not saved yet. What staff pin there is read anew.
    user_id : who looks.
    drawn_by : two lists of one id draw what is promoted and what is new alike; None: drawn for this list alone.

    Raises
    ------
    InvalidInput, UnknownProduct : see `serve.batch`.
    """
    person = None if shopper is None else Shopper.objects.filter(key=shopper).first()
    if person is not None:
        audit.note_look(person, user_id=user_id, now=now)
    wanted = serve.Request(
        strategy=placement.strategy,
        products=products,
        category=category,
        placement=placement.slug,
        limit=limit,
        explained=True,
        tried={name: getattr(placement, name) for name in FIELDS},
        drawn_by=drawn_by,
    )
    (answer,) = serve.batch([wanted], context=context, now=now, shopper=shopper)
    return answer
