"""What a shopper bought, and which statistics of items serve: rows for the statement that reads a list's candidates."""

from recommendations.models import (
    Artefact,
    ArtefactKind,
    Consent,
    LivePointer,
    Order,
    OrderLine,
    Shopper,
    Status,
)
from recommendations.models.artefacts import SERVING
from recommendations.selectors.histories import is_bought

LATEST_ORDERS = 200
"""Orders of a shopper that are looked through for what they bought."""


def bought_rows() -> str:
    """SQL of rows (7, item id, orders, 0, 0, 0, empty): in how many of a shopper's latest orders each item was.

    Its one parameter is the shopper's key. Nothing of a shopper who may not be served personally.
    """
    order, line, person = (model._meta.db_table for model in (Order, OrderLine, Shopper))
    allowed = ", ".join(f"'{consent}'" for consent in Consent.allowing())
    return f"""SELECT 7, l.item_id, COUNT(DISTINCT l.order_id), 0, 0, 0, ''
        FROM (SELECT id, status, excluded FROM "{order}" WHERE status = '{Status.PLACED}' AND shopper_id = (
                SELECT COALESCE(owner.id, s.id) FROM "{person}" AS s
                LEFT JOIN "{person}" AS owner ON owner.id = s.merged_into_id
                WHERE s.key = %s AND COALESCE(owner.consent, s.consent) IN ({allowed}))
            ORDER BY placed_at DESC LIMIT {LATEST_ORDERS}) AS latest
        JOIN "{line}" AS l ON l.order_id = latest.id AND {is_bought("latest", "l")}
        GROUP BY l.item_id"""  # noqa: S608


def statistics_rows() -> str:
    """SQL of at most one row (8, version's id, 0, 0, 0, 0, which of its files serves)."""
    artefact, pointer = Artefact._meta.db_table, LivePointer._meta.db_table
    return f"""SELECT 8, a.id, 0, 0, 0, 0, {SERVING}
        FROM "{pointer}" AS p JOIN "{artefact}" AS a ON a.id = p.artefact_id WHERE p.kind = '{ArtefactKind.ITEMS}'"""  # noqa: S608
