"""Categories that staff keep apart."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from recommendations.exceptions import InvalidInput
from recommendations.models import CategoryBan, database
from recommendations.services import curate

LONGEST = 200


@database.joining
def keep_apart(
    *,
    category: str,
    beside: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    note: str = "",
    may_change: bool,
    user_id: int,
) -> CategoryBan:
    """Keep two categories from standing beside each other, either way; who may changes a ban that is there already.

    Raises
    ------
    InvalidInput : a category is empty, too long or the other one, the period ends before it begins; there is such a
        ban already and it may not be changed.
    """
    for field, key in (("category", category), ("beside", beside)):
        if not 1 <= len(key) <= LONGEST:
            raise InvalidInput(field, f"must be a text of 1 to {LONGEST} characters, not {key!r:.40}")
    if category == beside:
        raise InvalidInput("beside", f"must be another category than {category!r:.40}")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidInput("ends_at", f"must be later than starts_at, not {ends_at.isoformat()}")
    either = Q(category=category, beside=beside) | Q(category=beside, beside=category)
    ban = CategoryBan.objects.select_for_update().filter(either).first()
    if ban is not None and not may_change:
        raise InvalidInput("beside", gettext("is kept apart from it already, and you may not change that"))
    ban = ban or CategoryBan(category=category, beside=beside)
    wanted = {"starts_at": starts_at, "ends_at": ends_at, "note": note}
    curate.keep(ban, {**wanted, "decided_by_id": user_id, "decided_at": timezone.now()}, user_id=user_id)
    return ban
