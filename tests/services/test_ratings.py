"""Stars of an item: average, count and one's own."""

import pytest

from recommendations.catalogue import Identity
from recommendations.exceptions import InvalidInput
from recommendations.services import record
from recommendations.services.ratings import Stars, stars_of
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def rated(stocked):
    for shopper, product, stars in (("user:1", "a", 5), ("user:2", "a", 2), ("user:1", "b", 1)):
        record.rating(shopper=shopper, product=product, stars=stars, at=NOW)
    return stocked


def test_the_average_the_count_and_ones_own_cost_one_query(rated, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert stars_of("a", shopper="user:2") == Stars(average=3.5, count=2, own=2)
    assert stars_of("a", shopper="user:3") == stars_of("a") == Stars(average=3.5, count=2, own=None)


def test_what_nobody_rated_has_no_stars(rated):
    assert stars_of("c", shopper="user:1") == stars_of("unheard of") == Stars(average=None, count=0, own=None)


def test_a_variant_has_the_stars_of_its_item(rated):
    rated.identities["a-small"] = Identity("a")
    assert stars_of("a-small").count == 2


def test_a_key_that_is_none_is_refused():
    with pytest.raises(InvalidInput, match="product"):
        stars_of("")
