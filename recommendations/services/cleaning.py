"""Which rules orders are cleaned by: those of the settings and of staff's campaigns, and those the counts were made by.

A generation of counts keeps its rules, so folds and recounts agree whatever is changed meanwhile; rules that changed
take effect by a recount.
"""

from django.conf import settings as django_settings

from recommendations.conf import settings
from recommendations.data.cleaning import Cleaning
from recommendations.models import BasketTotals, CampaignPeriod


def current() -> Cleaning:
    """The rules as the settings and the campaigns of now have them; one query."""
    days = CampaignPeriod.objects.left_out().values_list("starts_on", "ends_on")
    return Cleaning(
        cap=settings.BASKET_CAP,
        most_items=settings.MAX_BASKET_ITEMS,
        most_orders_a_day=settings.MAX_ORDERS_PER_DAY,
        free_lines=settings.COUNT_FREE_LINES,
        window_days=settings.WINDOW_DAYS,
        zone=django_settings.TIME_ZONE,
        left_out=tuple(sorted(set(days))),
    )


def of(totals: BasketTotals) -> Cleaning:
    """The rules that a generation is counted by."""
    return Cleaning.of({**totals.cleaning, "cap": totals.cap})


def as_fields(cleaning: Cleaning) -> dict[str, object]:
    """The columns of a generation that keep its rules."""
    rules = cleaning.as_json()
    return {"cap": rules.pop("cap"), "cleaning": rules}


def is_outdated(totals: BasketTotals) -> bool:
    """Whether a generation was counted by other rules than those of now."""
    return of(totals) != current()
