"""The shop's rows."""

from shop.models.orders import Order, OrderLine, OrderStatus
from shop.models.products import CURRENCY, Category, Product

__all__ = ["CURRENCY", "Category", "Order", "OrderLine", "OrderStatus", "Product"]
