"""The cart's page and its changes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shop.cart import MOST_LINES, Cart
from shop.forms import AddForm, CartForm
from shop.models import Product


def show(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/cart.html", {"cart": Cart(request.session, timezone.now())})


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put one product, or all the ticked ones of a bundle, into the cart; each that does not go in is named."""
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose a product and a quantity."))
        return redirect("shop:cart")
    keys = list(dict.fromkeys(form.cleaned_data["product"]))[:MOST_LINES]
    sold = {one.sku: one for one in Product.objects.buyable().select_related("parent").filter(sku__in=keys)}
    cart = Cart(request.session, timezone.now())
    added = []
    for key in keys:
        product = sold.get(key)
        if product is None:
            messages.error(request, _("A product that you chose is no longer sold."))
        elif product.stock < 1:
            messages.error(request, _("%(title)s is sold out at the moment.") % {"title": product.title})
        elif not cart.takes(product):
            messages.error(request, _("%(title)s does not fit into this cart.") % {"title": product.title})
        else:
            cart.add(product.pk, form.cleaned_data["quantity"])
            added.append(product.title)
    if len(added) == 1:
        messages.success(request, _("%(title)s is in your cart.") % {"title": added[0]})
    elif added:
        messages.success(request, _("In your cart now: %(titles)s.") % {"titles": " · ".join(added)})
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
