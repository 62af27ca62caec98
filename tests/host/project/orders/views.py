"""Cart and checkout."""

from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from invoices.models import Invoice

from orders.cart import Cart
from orders.models import Order, OrderLine


def cart(request):
    cart = Cart(request.session)
    if request.method == "POST":
        cart.add(request.POST["sku"])
        return redirect("cart")
    return render(request, "cart.html", {"cart": cart})


def checkout(request):
    cart = Cart(request.session)
    if request.method != "POST":
        return render(request, "checkout.html", {"cart": cart})
    user = request.user if request.user.is_authenticated else None
    order = Order.objects.create(user=user, email=request.POST["email"], placed_at=timezone.now())
    lines = [OrderLine(order=order, product=line.product, quantity=line.quantity) for line in cart]
    for line in lines:
        line.price = line.product.price
    OrderLine.objects.bulk_create(lines)
    if request.POST["card"] == "declined":
        transaction.set_rollback(True)
        return render(request, "checkout.html", {"cart": cart, "declined": True}, status=402)
    Invoice.objects.create(order=order.pk, total=sum(line.quantity * line.price for line in lines))
    cart.clear()
    return redirect("home")
