"""Stars for a product, by those who have an account."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recommendations.exceptions import ConsentRefused
from recommendations.services import record
from shop.forms import RatingForm
from shop.models import Product


@login_required
@require_POST
def rate(request: HttpRequest, pk: int) -> HttpResponse:
    """One to five stars; given again they replace the former ones."""
    product = get_object_or_404(Product.objects.listed(), pk=pk)
    form = RatingForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose one to five stars."))
        return redirect(product)
    try:
        record.rating(
            shopper=f"user:{request.user.pk}",
            product=product.sku,
            stars=form.cleaned_data["stars"],
            at=timezone.now(),
        )
    except ConsentRefused:
        messages.error(request, _("Personalisation is off, so your stars were not stored."))
    else:
        messages.success(request, _("Thank you, your stars are stored."))
    return redirect(product)
