import uuid
from datetime import timedelta
from urllib.parse import quote

import pytest

from recommendations.exceptions import InvalidInput
from recommendations.services import tokens
from tests.factories import NOW

SHOWN = tokens.Shown(
    id=uuid.UUID(int=5),
    placement="product-related",
    at=NOW,
    versions={"generation": 1, "network": 7},
    variant="b",
    fallback=True,
    asker=tokens.asker_of("user:1"),
    items=((11, 1, "together", 1.0), (12, 2, "popular", 0.25)),
)


def test_what_was_signed_is_read_back():
    assert tokens.read(tokens.sign(SHOWN), now=NOW) == SHOWN


def test_a_list_without_items_has_a_token_too():
    empty = tokens.Shown(uuid.UUID(int=5), "cart", NOW)
    assert tokens.read(tokens.sign(empty), now=NOW) == empty


def test_a_full_list_fits_into_a_link():
    items = tuple((number * 7, number, "together", 1.0) for number in range(1, 101))
    token = tokens.sign(tokens.Shown(uuid.uuid4(), "product-related", NOW, items=items))
    assert quote(token, safe=":") == token
    assert len(token) < 1_500


@pytest.mark.parametrize("position", range(0, 190, 13))
def test_one_changed_character_is_refused(position):
    token = tokens.sign(SHOWN)
    other = "A" if token[position] != "A" else "B"
    with pytest.raises(InvalidInput, match="recommendation: "):
        tokens.read(token[:position] + other + token[position + 1 :], now=NOW)


@pytest.mark.parametrize("token", ["", ":", "a:b", "x" * 9_000, "红茶", "\ud800", "\x00", None, 5, ["a"]])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(InvalidInput, match="must be a recommendation_id that this shop gave out"):
        tokens.read(token, now=NOW)


def test_a_token_of_another_installation_is_refused(settings):
    token = tokens.sign(SHOWN)
    settings.SECRET_KEY = "another"
    with pytest.raises(InvalidInput):
        tokens.read(token, now=NOW)


def test_a_token_outlives_a_rotation_of_the_key(settings):
    token = tokens.sign(SHOWN)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert tokens.read(token, now=NOW) == SHOWN


def test_a_token_is_accepted_for_so_many_days(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TOKEN_DAYS": 2}
    token = tokens.sign(SHOWN)
    assert tokens.read(token, now=NOW + timedelta(days=2)) == SHOWN
    with pytest.raises(InvalidInput, match="in the last 2 days"):
        tokens.read(token, now=NOW + timedelta(days=2, seconds=1))


def test_clocks_may_differ_by_minutes_and_no_more():
    token = tokens.sign(SHOWN)
    assert tokens.read(token, now=NOW - timedelta(minutes=5)) == SHOWN
    with pytest.raises(InvalidInput):
        tokens.read(token, now=NOW - timedelta(minutes=6))
