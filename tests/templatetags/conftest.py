"""The plugin's own templates, whatever the reference shop puts in their place; and a visit of a shop with orders."""

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest

from recommendations.services.identify import SALT
from tests.factories import fold_all, make_order
from tests.templatetags.pages import VISITOR


@pytest.fixture(autouse=True)
def plugin_templates(settings):
    templates = django_settings.BASE_DIR / "recommendations" / "templates"
    settings.TEMPLATES = [{**django_settings.TEMPLATES[0], "APP_DIRS": False, "DIRS": [templates]}]


@pytest.fixture
def sold(stocked):
    """`a` was sold with `b` twice and with `c` once."""
    for other in "bbc":
        make_order("a", other)
    fold_all()
    return stocked


@pytest.fixture
def visit():
    request = HttpRequest()
    request.user = AnonymousUser()
    request.COOKIES["basketry_visitor"] = signing.dumps(VISITOR, salt=SALT)
    request.META["SERVER_NAME"] = "shop.test"
    return request
