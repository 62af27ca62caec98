"""A catalogue without a database: every key is a product in stock, so that what is measured is the plugin alone."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from recommendations.catalogue import Catalogue, Context, Facts


class EveryKey(Catalogue):
    """Knows every product key; each product is its own item."""

    def facts(self, keys: Sequence[str], context: Context) -> Mapping[str, Facts]:  # noqa: ARG002
        return {
            key: Facts(key=key, title=f"Product {key}", url=f"/{key}/", price=Decimal("2.50"), currency="EUR", stock=9)
            for key in keys
        }
