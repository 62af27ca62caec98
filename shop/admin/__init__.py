"""The shop's side of the admin."""

from shop.admin.goods import CategoryAdmin, OfferAdmin, ProductAdmin
from shop.admin.orders import OrderAdmin, OrderLineAdmin

__all__ = ["CategoryAdmin", "OfferAdmin", "OrderAdmin", "OrderLineAdmin", "ProductAdmin"]
