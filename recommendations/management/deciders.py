"""In whose name a command decides."""

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError


def decider(name: str) -> int:
    """The id of the user of this name."""
    users = get_user_model()
    user = users._default_manager.filter(**{users.USERNAME_FIELD: name}).first()
    if user is None:
        raise CommandError(f"--user must be the name of a user, not {name!r}")
    return int(user.pk)
