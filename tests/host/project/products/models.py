"""What the bookshop sells: a book in its editions."""

import uuid

from django.db import models
from django.urls import reverse


class Product(models.Model):
    """A book."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    on_sale = models.BooleanField(default=True)
    views = models.PositiveIntegerField(default=0)

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("product", args=[self.pk])


class Variant(models.Model):
    """An edition of a book, such as `978-7-02-000220-7/pb`: what is put into a cart. Every book has one at least."""

    sku = models.CharField(max_length=60, primary_key=True)
    parent = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    price = models.DecimalField(max_digits=8, decimal_places=2)
    stock = models.PositiveIntegerField(default=0)

    def __str__(self):
        return self.sku
