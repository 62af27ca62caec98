"""The demo's two logins: their passwords are made once for an installation and kept in var/demo.json."""

import json
import secrets
from pathlib import Path
from typing import TypedDict

from django.contrib.auth.models import User
from django.db.models import Count

STAFF = "staff"
SHOPPER = "shopper"


class Login(TypedDict):
    username: str
    password: str


def demo_logins(path: Path) -> dict[str, Login]:
    """The logins kept in this file, readable by its owner alone; it is written where there is none."""
    if not path.exists():
        made = {name: Login(username=name, password=secrets.token_urlsafe(9)) for name in (STAFF, SHOPPER)}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(made, indent=2) + "\n")
    logins: dict[str, Login] = json.loads(path.read_text())
    return logins


def create_logins(logins: dict[str, Login]) -> None:
    """Staff may do everything in the admin; the shopper is the customer with the most orders."""
    staff = logins[STAFF]
    User.objects.create_superuser(staff["username"], f"{STAFF}@example.com", staff["password"])
    shopper = logins[SHOPPER]
    richest = User.objects.annotate(count=Count("shop_orders")).order_by("-count", "pk").first()
    if richest is not None:
        richest.username = shopper["username"]
        richest.first_name, richest.last_name = "Demo", "Shopper"
        richest.set_password(shopper["password"])
        richest.save()
