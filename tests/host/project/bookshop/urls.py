"""URLs of the bookshop."""

from django.contrib import admin
from django.urls import include, path
from orders import views as orders
from products import views as products

urlpatterns = [
    path("", products.home, name="home"),
    path("books/<uuid:pk>/", products.product, name="product"),
    path("yours/", products.yours, name="yours"),
    path("hours/", products.hours, name="hours"),
    path("cart/", orders.cart, name="cart"),
    path("checkout/", orders.checkout, name="checkout"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
]
