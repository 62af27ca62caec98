"""Delete my data: a page that says what goes and what stays, and the button."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from recommendations.services.erase import erase, kept_of
from recommendations.services.identify import forget_visitor


@login_required
def erase_me(request: HttpRequest) -> HttpResponse:
    """The shop's own orders and the account stay: they are bought goods and their bills."""
    key = f"user:{request.user.pk}"
    if request.method == "POST":
        erase(key, now=timezone.now())
        messages.success(request, _("Your data is deleted. Suggestions begin from nothing."))
        response = HttpResponseRedirect(reverse("shop:for-you"))
        forget_visitor(response)
        return response
    return render(request, "shop/erase_me.html", {"kept": kept_of(key)})
