"""What the plugin does when something happens in the host: at login a visitor becomes the account."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from recommendations.services.identify import visitor_key
from recommendations.services.merge import merge
from recommendations.services.sparing import sparing


@receiver(user_logged_in, dispatch_uid="recommendations.merge")
def merge_visitor(request: Any, user: Any, **_: Any) -> None:
    """A failure here never breaks a login."""
    visitor = visitor_key(request) if request is not None else None
    if visitor is None:
        return
    with sparing(f"the login of visitor {visitor} as user {user.pk}"):
        merge(visitor=visitor, account=f"user:{user.pk}", user_id=user.pk)
