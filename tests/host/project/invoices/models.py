"""Invoices, kept for ten years in a database of their own."""

from django.db import models


class Invoice(models.Model):
    order = models.PositiveIntegerField(unique=True)
    total = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self):
        return f"invoice of order {self.order}"
