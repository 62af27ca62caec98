"""What must not be shown, and why: each item that is left out has one recorded reason."""

from enum import StrEnum

from recommendations.data.facts import Facts, Identity


class Removal(StrEnum):
    """Why a candidate was left out."""

    HIDDEN_BY_STAFF = "hidden_by_staff"
    HELD_FOR_REVIEW = "held_for_review"
    NOT_INTERESTED = "not_interested"
    RECENTLY_BOUGHT = "recently_bought"
    BOUGHT_BEFORE = "bought_before"
    SAME_ITEM = "same_item"
    EXCLUDED = "excluded"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    NOT_COUNTED = "not_counted"
    HIDDEN = "hidden"
    SOLD_OUT = "sold_out"


def removal_by_facts(facts: Facts | None, identity: Identity, *, in_stock_only: bool) -> Removal | None:
    """Why the shop's own word removes an item; None where it may be shown.

    Parameters
    ----------
    facts : what the shop says right now; None where it does not know the item.
    identity : what the item is counted as.
    in_stock_only : whether a sold-out item is left out.
    """
    if facts is None:
        return Removal.UNKNOWN
    if not (facts.counted and identity.counted):
        return Removal.NOT_COUNTED
    if not facts.visible:
        return Removal.HIDDEN
    if in_stock_only and facts.sold_out:
        return Removal.SOLD_OUT
    return None
