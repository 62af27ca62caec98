"""The shop's addresses."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from shop.views import account, browse, cart, checkout, erasing, preferences, rate

app_name = "shop"
urlpatterns = [
    path("", browse.home, name="home"),
    path("search/", browse.search, name="search"),
    path("category/<slug:slug>/", browse.category, name="category"),
    path("product/<int:pk>/<str:slug>/", browse.product, name="product"),
    path("rate/<int:pk>/", rate.rate, name="rate"),
    path("cart/", cart.show, name="cart"),
    path("cart/add/", cart.add, name="cart-add"),
    path("cart/change/", cart.change, name="cart-change"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("thanks/<str:number>/", checkout.thanks, name="thanks"),
    path("account/sign-up/", account.sign_up, name="sign-up"),
    path("account/login/", LoginView.as_view(template_name="shop/login.html"), name="login"),
    path("account/logout/", LogoutView.as_view(), name="logout"),
    path("account/orders/", account.orders, name="orders"),
    path("account/orders/<str:number>/cancel/", account.cancel, name="cancel"),
    path("account/for-you/", account.for_you, name="for-you"),
    path("account/delete-my-data/", erasing.erase_me, name="erase-me"),
    path("not-interested/", preferences.not_interested, name="not-interested"),
    path("personalisation/", preferences.personalisation, name="personalisation"),
]
