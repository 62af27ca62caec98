"""The cart: pieces by SKU in the session."""

from dataclasses import dataclass

from products.models import Variant


@dataclass
class CartLine:
    product: Variant
    quantity: int


class Cart:
    def __init__(self, session):
        self.session = session

    def __iter__(self):
        pieces = self.session.get("cart", {})
        for product in Variant.objects.filter(sku__in=pieces).select_related("parent").order_by("sku"):
            yield CartLine(product, pieces[product.sku])

    def add(self, sku):
        pieces = self.session.get("cart", {})
        self.session["cart"] = {**pieces, sku: pieces.get(sku, 0) + 1}

    def clear(self):
        self.session["cart"] = {}
