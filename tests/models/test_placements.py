import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from recommendations.models import CategoryBan, Placement

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

SOURCE = {"strategy": "related", "weight": 0.7}


def refusal(field, **values):
    with pytest.raises(ValidationError) as refused:
        Placement(slug="shelf", **{"strategy": "related", **values}).full_clean()
    return refused.value.message_dict[field]


@pytest.mark.parametrize("weight", [0, -1, 1.5, "1", True, None])
def test_a_weight_is_above_0_and_up_to_1(weight):
    (message,) = refusal("sources", strategy="blend", sources=[{"strategy": "related", "weight": weight}])
    assert message == f"weight must be a number above 0, up to 1, not {weight!r}."


@pytest.mark.parametrize("strategy", ["blend", "nonsense", None, ["related"]])
def test_a_source_is_a_strategy_that_is_no_blend(strategy):
    (message,) = refusal("sources", strategy="blend", sources=[{"strategy": strategy, "weight": 1}])
    assert message.startswith("strategy must be one of related, cart, ")


@pytest.mark.parametrize(
    "sources", ["related", {"related": 1}, [SOURCE, "cart"], [{**SOURCE, "more": 1}], [SOURCE] * 2]
)
def test_what_is_no_list_of_different_sources_is_refused(sources):
    assert refusal("sources", strategy="blend", sources=sources)


def test_a_blend_has_sources():
    assert refusal("sources", strategy="blend") == ["A blend needs at least one source."]
    Placement(slug="shelf", strategy="blend", sources=[SOURCE, {"strategy": "cart", "weight": 1}]).full_clean()


OUT_OF_RANGE = [
    ("diversity", -0.1),
    ("diversity", 1.1),
    ("promoted_share", 2),
    ("per_category", 0),
    ("per_brand", 0),
    ("price_band", 0.5),
]


@pytest.mark.parametrize(("field", "value"), OUT_OF_RANGE)
def test_the_form_and_the_database_refuse_what_is_out_of_range(field, value):
    assert refusal(field, **{field: value})
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.create(slug="shelf", strategy="related", **{field: value})


def test_a_ban_is_made_once():
    CategoryBan.objects.create(category="wine", beside="baby")
    with pytest.raises(IntegrityError), transaction.atomic():
        CategoryBan.objects.create(category="wine", beside="baby")
