import pytest

from recommendations.ranking.filters import Removal
from recommendations.services import personal, record, tokens
from recommendations.services.identify import set_consent
from tests.factories import NOW
from tests.services.asking import for_you, items, related, sources

pytestmark = pytest.mark.django_db


def test_the_networks_best_come_first_and_say_what_they_rest_on(sold, network):
    network({"d": 0.9, "c": 0.8, "e": -0.5}, history=["a"])
    answer = for_you(limit=2)
    assert (items(answer), sources(answer), answer.fallback) == (["d", "c"], ["network", "network"], False)
    (reason,) = answer.items[0].reasons
    assert (reason.code, reason.text) == ("for_you", "Chosen for you because you bought Product a")
    assert (reason.evidence.n_ab, reason.evidence.n_a, reason.evidence.n_b) == (1, 6, 1)


def test_a_suggestion_that_rests_on_no_one_item_says_so(sold, network):
    network({"e": 0.9}, history=["a"])
    (reason,) = for_you(limit=1).items[0].reasons
    assert reason.text == "Chosen for you from what you bought before"
    assert reason.evidence.n_ab is None


def test_an_item_of_the_history_that_is_gone_is_not_named(sold, network):
    network({"d": 0.9}, history=["a"])
    del sold.shelf["a"]
    assert for_you(limit=1).items[0].reasons[0].text == "Chosen for you from what you bought before"


def test_best_sellers_fill_the_list(sold, network):
    network({"d": 0.9}, history=["a"])
    assert sources(for_you(limit=3)) == ["network", "popular", "popular"]


def test_the_version_of_the_network_is_in_the_token(sold, network):
    network({"d": 0.9}, history=["a"])
    assert tokens.read(for_you().recommendation_id, now=NOW).versions["network"] == 7


def test_what_was_bought_in_the_last_days_is_left_out(sold, network):
    network({"d": 0.9, "c": 0.8}, history=["d", "c"], ages=[0.1, 30.0])
    answer = for_you(limit=1)
    assert items(answer) == ["c"]
    assert answer.removed["d"] == Removal.RECENTLY_BOUGHT


def test_what_is_not_wanted_is_never_shown(sold, network):
    record.events(
        [
            record.BrowseEvent.parse(
                {
                    "event_id": "00000000-0000-0000-0000-000000000001",
                    "kind": "not_interested",
                    "item": "d",
                    "at": NOW.isoformat(),
                }
            )
        ],
        shopper="user:1",
        now=NOW,
    )
    network({"d": 0.9, "c": 0.8}, history=["a"])
    assert items(for_you(limit=1)) == ["c"]
    assert for_you().removed["d"] == Removal.NOT_INTERESTED
    assert "d" not in items(related("a", shopper="user:1"))
    assert "d" in items(related("a", shopper="user:2"))


def test_after_a_refusal_nothing_personal_is_served(sold, network):
    network({"d": 0.9}, history=["a"])
    set_consent(shopper_key="user:1", state="refused", now=NOW)
    answer = for_you(limit=2)
    assert (items(answer), answer.fallback) == (["a", "b"], True)
    assert {reason.code for suggestion in answer.items for reason in suggestion.reasons} == {"popular"}


def test_where_consent_is_asked_for_first_nothing_personal_is_served_before_it(sold, network, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    network({"d": 0.9}, history=["a"])
    assert for_you().fallback


def test_a_stranger_and_one_without_a_history_get_best_sellers(sold, network):
    network({"d": 0.9}, history=[])
    assert for_you(None).fallback
    assert for_you("user:1").fallback


def test_without_a_network_best_sellers_answer(sold, monkeypatch):
    monkeypatch.setattr(personal.store, "live_of", lambda *_: {})
    answer = for_you(limit=1)
    assert (items(answer), answer.fallback) == (["a"], True)
    assert answer.items[0].reasons[0].text == "A best seller: in 6 of 7 orders"


def test_a_network_that_knows_nothing_of_the_history_is_no_network(sold, network, monkeypatch):
    monkeypatch.setattr(network({"d": 0.9}, history=["a"]), "suggest", lambda *_, **__: None)
    assert for_you().fallback
