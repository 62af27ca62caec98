"""The plugin's own templates, whatever the reference shop puts in their place."""

import pytest
from django.conf import settings as django_settings


@pytest.fixture(autouse=True)
def plugin_templates(settings):
    templates = django_settings.BASE_DIR / "recommendations" / "templates"
    settings.TEMPLATES = [{**django_settings.TEMPLATES[0], "APP_DIRS": False, "DIRS": [templates]}]
