"""Pages to look around."""

from django.db import transaction
from django.db.models import F
from django.shortcuts import get_object_or_404, render

from products.models import Product


def home(request):
    return render(request, "home.html", {"products": Product.objects.filter(on_sale=True).order_by("title")})


def product(request, pk):
    Product.objects.filter(pk=pk).update(views=F("views") + 1)
    return render(request, "product.html", {"product": get_object_or_404(Product, pk=pk, on_sale=True)})


def yours(request):
    return render(request, "yours.html")


@transaction.non_atomic_requests("default")
@transaction.non_atomic_requests("archive")
async def hours(request):
    return render(request, "hours.html")
