"""What visitors send: cart changes, stars, the checkout, an account."""

import uuid

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from shop.cart import MOST_PIECES

LONGEST_KEY = 200


class KeysField(forms.MultipleChoiceField):
    """Product keys, any number of them; which of them the shop sells is the caller's to ask."""

    def valid_value(self, value: str) -> bool:
        return len(value) <= LONGEST_KEY and "\x00" not in value


class AddForm(forms.Form):
    """So many pieces of each of some products."""

    product = KeysField()
    quantity = forms.IntegerField(min_value=1, max_value=MOST_PIECES)


class RatingForm(forms.Form):
    """One to five stars, as radio buttons."""

    stars = forms.TypedChoiceField(coerce=int, choices=[(number, number) for number in range(1, 6)])


class CartForm(forms.Form):
    """So many pieces of a product; none take it out."""

    product = forms.IntegerField(min_value=1)
    quantity = forms.IntegerField(min_value=0, max_value=MOST_PIECES)


class CheckoutForm(forms.Form):
    """Everything an order needs, on one page; `checkout` and `shown` come back as they were given out."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    name = forms.CharField(label=_("Full name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    address = forms.CharField(
        label=_("Delivery address"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    checkout = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    shown = forms.DecimalField(widget=forms.HiddenInput, max_digits=12, decimal_places=2)


class SignUpForm(UserCreationForm):  # type: ignore[type-arg]
    """An account: a name to log in with, an e-mail for orders, a password."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")
