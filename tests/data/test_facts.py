"""What a shop tells of a product is judged once, before a page shows it."""

from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy

from recommendations.data.facts import Facts
from recommendations.exceptions import InvalidFacts

GOOD = {"key": "a", "title": "Tea", "url": "/a/"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("key", None),
        ("title", None),
        ("title", ""),
        ("url", None),
        ("item_key", None),
        ("price", 86.35),
        ("price", "2.50"),
        ("price", Decimal("NaN")),
        ("currency", "eur"),
        ("currency", "EURO"),
        ("stock", "3"),
    ],
)
def test_what_a_page_cannot_show_is_refused_with_product_and_field(field, value):
    with pytest.raises(InvalidFacts, match=f"^{field} of product"):
        Facts(**{**GOOD, field: value})


def test_what_a_page_can_show_is_kept():
    facts = Facts(key=UUID(int=1), title=gettext_lazy("Tea"), url="", price=3, currency="CNY", stock=0)
    assert (facts.key, facts.price, facts.sold_out) == (str(UUID(int=1)), Decimal(3), True)
    assert Facts(key=5, title="Tea", url="/", price=None, stock=None).key == "5"
