"""Checkout on one page, and the thank-you page after it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from recommendations.services.identify import shopper_key
from shop.cart import Cart
from shop.checkout import Buyer, SoldOut, TotalChanged, place
from shop.forms import CheckoutForm
from shop.models import Order

THANKS_KEY = "thanks"
MOST_THANKED = 10


def checkout(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    cart = Cart(request.session, now)
    if request.method != "POST":
        return _page(request, cart, CheckoutForm(initial=_known(request, cart))) if len(cart) else redirect("shop:cart")
    form = CheckoutForm(request.POST)
    if not form.is_valid():
        return _page(request, cart, form)
    try:
        order = place(
            checkout=form.cleaned_data["checkout"],
            wanted={line.product.pk: line.quantity for line in cart},
            buyer=_buyer(request, form.cleaned_data),
            shown=form.cleaned_data["shown"],
            now=now,
        )
    except SoldOut as error:
        _tell_shortages(request, error)
        return redirect("shop:cart")
    except TotalChanged:
        messages.warning(request, _("A price has changed since you saw it. Please look at the new total."))
        return _page(request, cart, CheckoutForm(initial={**form.cleaned_data, **_fresh(cart)}))
    cart.clear()
    request.session[THANKS_KEY] = [*request.session.get(THANKS_KEY, []), order.number][-MOST_THANKED:]
    return redirect("shop:thanks", number=order.number)


def thanks(request: HttpRequest, number: str) -> HttpResponse:
    """For the visitor who placed the order, in the session in which it was placed."""
    if number not in request.session.get(THANKS_KEY, []):
        raise Http404
    order = Order.objects.prefetch_related("lines__product__category", "lines__product__parent").get(number=number)
    return render(request, "shop/thanks.html", {"order": order, "bought": [line.product for line in order.lines.all()]})


def _page(request: HttpRequest, cart: Cart, form: CheckoutForm) -> HttpResponse:
    return render(request, "shop/checkout.html", {"cart": cart, "form": form})


def _known(request: HttpRequest, cart: Cart) -> dict[str, Any]:
    """What the form begins with: an account's own data, and where it last had something sent."""
    known = _fresh(cart)
    if request.user.is_authenticated:
        last = Order.objects.filter(user=request.user).exclude(address="").order_by("-placed_at").first()
        known["email"] = request.user.email
        known["name"] = request.user.get_full_name() or (last.name if last else "")
        known["address"] = last.address if last else ""
    return known


def _fresh(cart: Cart) -> dict[str, Any]:
    return {"checkout": uuid.uuid4(), "shown": cart.total}


def _buyer(request: HttpRequest, data: dict[str, Any]) -> Buyer:
    return Buyer(
        email=data["email"],
        name=data["name"],
        address=data["address"],
        user_id=request.user.pk if request.user.is_authenticated else None,
        visitor=shopper_key(request) or "",
    )


def _tell_shortages(request: HttpRequest, error: SoldOut) -> None:
    for shortage in error.shortages:
        if shortage.product is None:
            messages.error(request, _("A product in your cart is no longer sold."))
        elif shortage.left == 0:
            messages.error(request, _("%(title)s has just sold out.") % {"title": shortage.product.title})
        else:
            text = _("Only %(left)d of %(title)s are left.") % {"left": shortage.left, "title": shortage.product.title}
            messages.error(request, text)
    messages.info(request, _("Nothing was ordered and your cart is as it was."))
