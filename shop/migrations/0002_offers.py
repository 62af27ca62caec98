"""Offers as rows of their own instead of two columns of the product."""

from datetime import timedelta
from decimal import Decimal

import django.db.models.deletion
from django.core.validators import MinValueValidator
from django.db import migrations, models
from django.db.models import F, Q
from django.utils import timezone

FREE = MinValueValidator(Decimal(0))
BATCH = 1_000


def into_rows(apps, schema_editor):
    """The columns said no beginning: an offer runs since its product is sold, at least since a day before its end."""
    alias = schema_editor.connection.alias
    offers = apps.get_model("shop", "Offer").objects.using(alias)
    products = apps.get_model("shop", "Product").objects.using(alias).filter(offer_price__isnull=False)
    offers.bulk_create(
        (
            offers.model(
                product_id=product.pk,
                price=product.offer_price,
                starts_at=min(product.launched_at, product.offer_ends_at - timedelta(days=1)),
                ends_at=product.offer_ends_at,
            )
            for product in products.iterator(BATCH)
        ),
        batch_size=BATCH,
    )
    # PostgreSQL alters no table that a check of foreign keys is still to come for.
    schema_editor.connection.check_constraints()


def into_columns(apps, schema_editor):
    """The lowest price of those that have begun and not ended; what the columns cannot say is dropped."""
    alias = schema_editor.connection.alias
    offers = apps.get_model("shop", "Offer").objects.using(alias)
    products = apps.get_model("shop", "Product").objects.using(alias)
    now = timezone.now()
    for offer in offers.filter(starts_at__lte=now, ends_at__gt=now).order_by("-price", "ends_at", "-pk"):
        products.filter(pk=offer.product_id).update(offer_price=offer.price, offer_ends_at=offer.ends_at)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "price",
                    models.DecimalField("offer price", max_digits=12, decimal_places=2, validators=[FREE]),
                ),
                ("starts_at", models.DateTimeField("from")),
                ("ends_at", models.DateTimeField("to")),
                (
                    "stock_limit",
                    models.PositiveIntegerField(
                        "pieces at this price",
                        null=True,
                        blank=True,
                        validators=[MinValueValidator(1)],
                        help_text="empty: as many as there are",
                    ),
                ),
                ("sold", models.PositiveIntegerField("sold", default=0, editable=False)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="shop.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
                "indexes": [models.Index(fields=["ends_at"], name="shop_offer_end")],
                "constraints": [
                    models.CheckConstraint(condition=Q(price__gte=0), name="shop_offer_price"),
                    models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shop_offer_period"),
                    models.CheckConstraint(
                        condition=Q(stock_limit__isnull=True) | Q(stock_limit__gte=1, sold__lte=F("stock_limit")),
                        name="shop_offer_stock_limit",
                    ),
                ],
            },
        ),
        migrations.RunPython(into_rows, into_columns),
        migrations.RemoveConstraint("product", "shop_product_offer_has_an_end"),
        migrations.RemoveIndex("product", "shop_product_offer"),
        migrations.RemoveField("product", "offer_price"),
        migrations.RemoveField("product", "offer_ends_at"),
    ]
