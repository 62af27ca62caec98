"""Staff read a name for every field, in their language."""

from django.apps import apps
from django.utils import translation

from tests.test_messages import HAN, SAME


def test_every_field_has_a_name_in_both_languages():
    fields = [
        field
        for model in apps.get_app_config("recommendations").get_models()
        for field in model._meta.concrete_fields
        if not (field.auto_created or field.generated)
    ]
    assert len(fields) > 200
    with translation.override("zh-hans"):
        unnamed = [str(one) for one in fields if not HAN.search(str(one.verbose_name)) and one.verbose_name not in SAME]
    assert unnamed == []
    with translation.override("en"):
        assert not [str(one) for one in fields if HAN.search(str(one.verbose_name))]
