"""What the plugin does when something happens in the host: at login a visitor becomes the account."""

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import DatabaseError
from django.dispatch import receiver

from recommendations.models import database
from recommendations.services.identify import visitor_key
from recommendations.services.merge import merge

logger = logging.getLogger(__name__)


@receiver(user_logged_in, dispatch_uid="recommendations.merge")
def merge_visitor(request: Any, user: Any, **_: Any) -> None:
    """A failure here never breaks a login."""
    visitor = visitor_key(request) if request is not None else None
    if visitor is None:
        return
    try:
        with database.atomic():
            merge(visitor=visitor, account=f"user:{user.pk}", user_id=user.pk)
    except DatabaseError:
        logger.exception("visitor %s could not be merged into user %s", visitor, user.pk)
