"""The shop's side of the admin."""

from shop.admin.goods import CategoryAdmin, ProductAdmin
from shop.admin.orders import OrderAdmin, OrderLineAdmin

__all__ = ["CategoryAdmin", "OrderAdmin", "OrderLineAdmin", "ProductAdmin"]
