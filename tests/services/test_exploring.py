"""Lists that try new items: which, how often, and with what probability."""

import itertools
import uuid
from collections import Counter, defaultdict
from datetime import timedelta

import numpy as np
import pytest

from recommendations.catalogue import Context
from recommendations.data.arrivals import Arrivals
from recommendations.data.candidates import Source
from recommendations.exceptions import InvalidInput
from recommendations.models import Arrival, EventKind, Pin, PinKind, Placement
from recommendations.ranking.filters import Removal
from recommendations.services import arrivals, exposures, filling, record, serve, tokens
from recommendations.services.exploring import Explorer
from recommendations.services.facts import LiveFacts
from recommendations.services.selection import Proposal, Selection
from tests.factories import NOW, make_item
from tests.services.artefacts import view
from tests.services.asking import change, for_you, items, related, sources

pytestmark = pytest.mark.django_db

DRAWS = 4_000
NEW = "uvwxyz"


def new_arrivals(**changes):
    return serve.new_arrivals(**{"context": Context(), "now": NOW, **changes})


def propensities(answer):
    return {item: propensity for item, _, _, propensity in tokens.read(answer.recommendation_id, now=NOW).items}


@pytest.fixture
def sold_and_new(sold):
    """Beside `a` to `e`, which were sold, `u` to `z` are new; each promises twice what the next one does."""
    for number, key in enumerate(NEW):
        change(sold, key, launched_at=NOW - timedelta(days=1))
        Arrival.objects.create(
            item=make_item(key),
            launched_at=NOW - timedelta(days=1),
            categories=["things"],
            believed=0.02,
            examinations=0.0,
            rewards=0.0,
            share=0.5 ** (number + 1),
        )
    return sold


@pytest.fixture
def drawing(monkeypatch):
    """Lists get the ids 0, 1, 2, ...: the draws of a test are the same in each run."""
    numbers = itertools.count()
    monkeypatch.setattr(filling.uuid, "uuid4", lambda: uuid.UUID(int=next(numbers)))


def explored(slug, share):
    Placement.objects.filter(slug=slug).update(explore=share)


def tries(catalogue, *, whole_list, room, share=1.0, chosen=""):
    """The draws of DRAWS lists of `room` places, each a list of proposals; `chosen` is what the strategy has."""
    arrivals = Arrivals(
        item_ids=np.arange(1, 7),
        keys=tuple(NEW),
        orders=np.zeros(6, dtype=np.int64),
        shares=0.5 ** np.arange(1, 7),
        categories=(frozenset({"things"}),) * 6,
    )
    rng = np.random.default_rng(3)
    known = catalogue.facts("abcde" + NEW, Context())
    had = [Proposal(100 + number, key, 1, 1.0, Source.POPULAR) for number, key in enumerate(chosen)]
    for _ in range(DRAWS):
        explorer = Explorer(arrivals, share, None, whole_list, rng)
        live = LiveFacts(catalogue, Context(), dict(known), _asked_for=set(known))
        selection = Selection(live, NOW, True, {}, {})
        yield explorer.whole_list(selection, room) if whole_list else explorer.mixed(had, [], selection, room)


def frequencies(drawn):
    """By key: how often it was shown, the mean of what it was logged with, and how much it counts when weighed."""
    logged = defaultdict(list)
    for shelf in drawn:
        for proposal in shelf:
            logged[proposal.key].append(proposal.propensity)
    shown = {key: len(found) / DRAWS for key, found in logged.items()}
    means = {key: sum(found) / len(found) for key, found in logged.items()}
    return shown, means, {key: sum(1 / one for one in found) / DRAWS for key, found in logged.items()}


def test_new_arrivals_are_new_and_say_so(sold_and_new):
    answer = new_arrivals(limit=4)
    assert len(answer.items) == 4
    assert set(items(answer)) <= set(NEW)
    assert (set(sources(answer)), answer.fallback, answer.title) == ({"explore"}, False, "New arrivals")
    assert {one.reasons[0].text for one in answer.items} == {"New in the shop"}


def test_a_list_is_the_same_for_the_same_id(sold_and_new, monkeypatch):
    told = set()
    for number in (1, 1, 2):
        monkeypatch.setattr(filling.uuid, "uuid4", lambda number=number: uuid.UUID(int=number))
        told.add((number, tuple(items(new_arrivals(limit=4)))))
    assert len(told) == 2


def test_what_promises_more_stands_higher(sold_and_new, drawing):
    first = Counter(items(new_arrivals(limit=6))[0] for _ in range(200))
    assert first.most_common(1)[0][0] == "u"
    assert first["u"] / 200 == pytest.approx(0.5 / (1 - 0.5**6), abs=0.08)


def test_new_arrivals_are_shown_as_often_as_their_propensity_says(stocked):
    shown, logged, _ = frequencies(tries(stocked, whole_list=True, room=2))
    assert sum(shown.values()) == pytest.approx(2)
    assert shown["u"] == 1.0
    for key in NEW:
        assert shown[key] == pytest.approx(logged[key], abs=0.03), key


def test_where_not_all_can_be_asked_for_their_facts_each_still_counts_once_a_list(stocked):
    """Room for one: three of the six are candidates, so what an item is logged with depends on the other two.

    Shown with the probability p and weighed by 1/p it counts once a list on average; only then is p what it says.
    """
    shown, _, weighed = frequencies(tries(stocked, whole_list=True, room=1))
    assert sum(shown.values()) == pytest.approx(1)
    for key in NEW:
        assert weighed[key] == pytest.approx(1.0, abs=0.2), key


def test_all_of_few_new_items_are_shown_with_certainty(sold_and_new):
    answer = new_arrivals(limit=8)
    assert set(items(answer)) == set(NEW)
    assert set(propensities(answer).values()) == {1.0}


def test_what_the_shop_hides_is_never_drawn_and_the_propensities_still_hold(stocked):
    change(stocked, "u", visible=False)
    change(stocked, "w", stock=0)
    shown, _, weighed = frequencies(tries(stocked, whole_list=True, room=1))
    assert not {"u", "w"} & set(shown)
    for key in "vxy":
        assert weighed[key] == pytest.approx(1.0, abs=0.2), key


def test_what_the_shop_hides_is_told(sold_and_new):
    change(sold_and_new, "u", visible=False)
    assert new_arrivals(limit=6).removed["u"] == Removal.HIDDEN


def test_a_category_alone_may_be_asked_for(sold_and_new):
    Arrival.objects.filter(item__key__in=["v", "x"]).update(categories=["others", "things"])
    for key in "vx":
        change(sold_and_new, key, categories=("others", "things"))
    assert set(items(new_arrivals(category="others"))) == {"v", "x"}
    assert not new_arrivals(category="nothing").items
    with pytest.raises(InvalidInput, match="category"):
        new_arrivals(category="")


def test_without_new_items_nothing_else_is_called_new(sold):
    assert not new_arrivals().items


def test_a_fallback_that_staff_gave_new_arrivals_says_so(sold):
    Placement.objects.filter(slug="new-arrivals").update(fallbacks=["popular"])
    answer = new_arrivals(limit=2)
    assert (items(answer), answer.fallback) == (["a", "b"], True)


def test_what_is_tried_no_more_or_not_new_any_more_is_in_no_list(sold_and_new):
    Arrival.objects.filter(item__key="u").update(share=0)
    Arrival.objects.filter(item__key="v").update(launched_at=NOW - timedelta(days=31))
    assert set(items(new_arrivals())) == set("wxyz")


def test_staff_may_pin_and_hide_new_items(sold_and_new):
    spot = Placement.objects.get(slug="new-arrivals")
    Pin.objects.create(placement=spot, item=make_item("z"), kind=PinKind.PIN, position=2)
    Pin.objects.create(placement=spot, item=make_item("u"), kind=PinKind.HIDE)
    answer = new_arrivals()
    assert items(answer)[1] == "z"
    assert sorted(items(answer)) == list("vwxyz")


def test_new_arrivals_ask_three_queries(sold_and_new, django_assert_num_queries):
    # The placement, the candidates, the new items.
    with django_assert_num_queries(3):
        new_arrivals()


def test_a_placement_tries_nothing_unless_it_is_told_to(sold_and_new, django_assert_num_queries):
    with django_assert_num_queries(2):
        answer = for_you(None)
    assert not set(items(answer)) & set(NEW)
    assert set(propensities(answer).values()) == {1.0}


def test_a_quarter_of_four_places_tries_one_new_item(sold_and_new, drawing):
    explored("for-you", 0.25)
    places = Counter()
    for _ in range(120):
        answer = for_you(None, limit=4)
        (at,) = (place for place, source in enumerate(sources(answer)) if source == "explore")
        places[at] += 1
        assert [item for item in items(answer) if item not in NEW] == ["a", "b", "c"]
        assert answer.fallback, "what was asked for still had no answer"
    assert min(places[at] for at in range(4)) > 12, "it stands anywhere"


def test_mixed_lists_show_each_item_as_often_as_its_propensity_says(stocked):
    """A share of 0.4 of four places: one or two new items, and the third best seller in two lists of five."""
    shown, logged, _ = frequencies(tries(stocked, whole_list=False, room=4, share=0.4, chosen="abcde"))
    assert (shown["a"], shown["b"]) == (1.0, 1.0)
    assert "d" not in shown
    assert shown["c"] == pytest.approx(0.4, abs=0.03)
    assert sum(shown[key] for key in NEW) == pytest.approx(1.6, abs=0.03)
    for key in "abc" + NEW:
        assert shown[key] == pytest.approx(logged[key], abs=0.03), key


def test_a_mixed_list_of_few_candidates_counts_each_item_once_too(stocked):
    shown, _, weighed = frequencies(tries(stocked, whole_list=False, room=4, share=0.25, chosen="abcd"))
    assert sum(shown[key] for key in NEW) == pytest.approx(1)
    for key in "uvwx":
        assert weighed[key] == pytest.approx(1.0, abs=0.2), key


def test_a_short_list_is_filled_before_anything_gives_way(sold_and_new):
    explored("product-related", 0.5)
    Placement.objects.filter(slug="product-related").update(fallbacks=[])
    answer = related("a", limit=8)
    assert [item for item in items(answer) if item not in NEW] == ["b", "c", "d"]
    assert sum(item in NEW for item in items(answer)) == 4


def test_only_new_items_of_the_categories_of_the_list_are_tried(sold_and_new):
    explored("product-related", 0.5)
    Arrival.objects.exclude(item__key="v").update(categories=["elsewhere"])
    assert [item for item in items(related("a", limit=4)) if item in NEW] == ["v"]
    Arrival.objects.update(categories=["elsewhere"])
    assert not [item for item in items(related("a", limit=4)) if item in NEW]


def test_an_item_is_never_twice_in_a_list(sold_and_new):
    explored("product-related", 0.5)
    Arrival.objects.filter(item__key="u").update(item=make_item("b"))
    answer = related("a", limit=4)
    assert items(answer).count("b") == 1


def test_what_a_shopper_does_not_want_is_not_tried_on_them(sold_and_new):
    explored("for-you", 0.5)
    for key in NEW[1:]:
        view(key, shopper="user:5", kind="not_interested")
    assert [item for item in items(for_you("user:5", limit=4)) if item in NEW] == ["u"]
    assert items(new_arrivals(shopper="user:5")) == ["u"]


def test_only_what_is_shown_of_new_items_is_kept_from_the_page_s_other_lists(sold_and_new, drawing):
    explored("for-you", 0.5)
    here = {"context": Context(), "now": NOW}
    requests = [serve.Request("for_you", limit=4), serve.Request("new_arrivals", limit=6)]
    first, second = serve.batch(requests, shopper=None, **here)
    assert sorted(items(second)) == sorted(set(NEW) - set(items(first)))


def test_what_is_clicked_comes_back_more_often(sold_and_new, drawing):
    """The whole way: a list, its impression, a click, the count, and the share."""
    for number in range(20):
        answer = new_arrivals(limit=6)
        shopper, token = f"user:{number}", answer.recommendation_id
        record.impressions([token], shopper=shopper, now=NOW)
        event_id = uuid.uuid5(uuid.NAMESPACE_URL, shopper)
        click = record.BrowseEvent(event_id, EventKind.CLICK, NOW, item="z", recommendation=token)
        assert record.events([click], shopper=shopper, now=NOW)[0].status == "recorded"
    later = NOW + timedelta(hours=1)
    assert exposures.count_batch(now=later) == 20
    arrivals.refresh(now=later)
    shares = dict(Arrival.objects.values_list("item__key", "share"))
    assert shares["z"] > 0.8
    assert Counter(items(new_arrivals(limit=1))[0] for _ in range(30)).most_common(1)[0][0] == "z"
