"""The cart's page and its changes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shop.cart import Cart
from shop.forms import CartForm
from shop.models import Product


def show(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/cart.html", {"cart": Cart(request.session, timezone.now())})


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    form = CartForm(request.POST)
    if not form.is_valid() or form.cleaned_data["quantity"] < 1:
        messages.error(request, _("Please choose a product and a quantity."))
        return redirect("shop:cart")
    product = get_object_or_404(Product.objects.buyable().select_related("parent"), pk=form.cleaned_data["product"])
    cart = Cart(request.session, timezone.now())
    if product.stock < 1:
        messages.error(request, _("%(title)s is sold out at the moment.") % {"title": product.title})
    elif not cart.takes(product):
        messages.error(request, _("%(title)s does not fit into this cart.") % {"title": product.title})
    else:
        cart.add(product.pk, form.cleaned_data["quantity"])
        messages.success(request, _("%(title)s is in your cart.") % {"title": product.title})
    return redirect("shop:cart")


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Set a line's quantity; 0 takes it out."""
    form = CartForm(request.POST)
    cart = Cart(request.session, timezone.now())
    if form.is_valid() and form.cleaned_data["product"] in cart.quantities:
        cart.set(form.cleaned_data["product"], form.cleaned_data["quantity"])
    else:
        messages.error(request, _("Please choose a quantity from 0 to 99."))
    return redirect("shop:cart")
