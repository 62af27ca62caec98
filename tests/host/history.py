"""The first days of the bookshop, before it had recommendations: run within its project, it fills both databases.

Ten books, 300 orders: whoever buys book 2n buys book 2n+1 with it in two of three orders, whichever edition.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import django
from django.core.management import call_command
from django.db import transaction

BOOKS = [UUID(int=number) for number in range(1, 11)]
OPENED = datetime(2026, 1, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
PASSWORD = "open sesame"


def skus(number):
    """A paperback, and a hardcover whose key is not ASCII."""
    return [f"978-7-02-00{number}/pb", f"978-7-02-00{number}/精装"]


def email(number):
    return f"reader{number}@example.com"


def bought_in(number):
    """The SKUs of an order."""
    book, edition = number % 10, number // 10 % 2
    return [skus(book)[edition], *([skus(book ^ 1)[1 - edition]] if number // 10 % 3 else [])]


def make():
    from accounts.models import User
    from orders.models import Order, OrderLine
    from products.models import Product, Variant

    Product.objects.bulk_create(Product(pk=pk, title=f"Volume {number}") for number, pk in enumerate(BOOKS))
    Variant.objects.bulk_create(
        Variant(sku=sku, parent_id=pk, price=Decimal(30 + number), stock=9 + edition)
        for number, pk in enumerate(BOOKS)
        for edition, sku in enumerate(skus(number))
    )
    readers = [User.objects.create_user(email(number), PASSWORD) for number in range(20)]
    for number in range(300):
        user = readers[(number + number // 10) % 20] if number % 4 else None
        order = Order.objects.create(
            user=user, email=user.email if user else "guest@example.com", placed_at=OPENED + timedelta(hours=number)
        )
        lines = [OrderLine(order=order, product_id=sku, quantity=1, price=30) for sku in bought_in(number)]
        OrderLine.objects.bulk_create(lines)


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("migrate", database="archive", verbosity=0)
    with transaction.atomic():
        make()
