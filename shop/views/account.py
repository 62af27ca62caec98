"""Accounts: sign up, the history of orders, cancelling one, and what the shop suggests and why."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shop import after_sale
from shop.forms import SignUpForm
from shop.models import Order

PER_PAGE = 10


def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.save())
        messages.success(request, _("Welcome! Your account is ready."))
        return redirect("shop:home")
    return render(request, "shop/sign_up.html", {"form": form})


def for_you(request: HttpRequest) -> HttpResponse:
    """All personal lists with their reasons, for visitors too; an account has more to tell."""
    return render(request, "shop/for_you.html")


@login_required
def orders(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    paginator = Paginator(Order.objects.of(request.user.pk or 0), PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    shown = [{"order": order, "can_be_cancelled": order.can_be_cancelled(now)} for order in page]
    pages = paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return render(request, "shop/orders.html", {"orders": shown, "page": page, "pages": pages})


@login_required
@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number, user=request.user)
    try:
        after_sale.cancel(order_id=order.pk, now=timezone.now())
    except after_sale.TooLate:
        messages.error(request, _("Order %(number)s can no longer be cancelled.") % {"number": number})
    else:
        messages.success(request, _("Order %(number)s is cancelled.") % {"number": number})
    return redirect("shop:orders")
