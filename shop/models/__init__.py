"""The shop's rows."""

from shop.models.orders import Order, OrderLine, OrderStatus
from shop.models.products import CURRENCY, Category, Offer, Product

__all__ = ["CURRENCY", "Category", "Offer", "Order", "OrderLine", "OrderStatus", "Product"]
