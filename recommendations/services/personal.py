"""What the live network thinks of a shopper, changed by what they look at now; nothing after a refusal."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.conf import settings
from recommendations.data.candidates import Source
from recommendations.models import ArtefactKind
from recommendations.ranking.filters import Removal
from recommendations.ranking.past import Past
from recommendations.ranking.ranker import Head
from recommendations.ranking.reasons import Code, Habit
from recommendations.ranking.served import Recommender, Suggested
from recommendations.selectors.histories import DAY
from recommendations.selectors.persons import Person
from recommendations.services.asker import asker
from recommendations.services.browsed import Visit
from recommendations.services.opinion import Opinion, Question
from recommendations.services.prepared import Prepared

Ids = NDArray[np.int64]

JUST_BOUGHT_DAYS = 7.0
"""What a shopper bought in this time, and only once, is not suggested again: one who comes back for it wants it."""

MOST_NAMED = 10
"""Items of a history that a suggestion may be said to rest on, the ones that weigh most."""

NAMED_BY = 3
"""The column of a past's decayed purchases by which they weigh: halved every 60 days."""

NOTHING = np.zeros(0, dtype=np.int64)


def for_you(question: Question) -> Opinion | None:
    """What the next basket may hold, bought before or not; of a newcomer what this visit says.

    Returns
    -------
    None where consent was refused, or nothing is known: no artefact, no history in it, no view.
    """
    return _with_visit(question, Head.NEXT_BASKET)


def new_for_you(question: Question) -> Opinion | None:
    """What may suit the shopper of all that they never bought. None as in `for_you`."""
    opinion = _with_visit(question, Head.NEW_ITEMS)
    if opinion is None:
        return None
    bought = dict.fromkeys(opinion.habits, Removal.BOUGHT_BEFORE)
    return replace(opinion, removed={**bought, **opinion.removed})


def buy_again(question: Question) -> Opinion | None:
    """What the shopper bought before, what the next basket holds most likely first. None as in `for_you`.

    When an item is due is the ranker's to say: it reads how often and how long ago the shopper bought it.
    """
    person = asker(question)
    network = _network(person)
    suggested = None if person is None or network is None else _suggested(network, person, question, NOTHING)
    if network is None or suggested is None:
        return None
    scores = np.where(suggested.bought, suggested.scores[:, Head.NEXT_BASKET], -np.inf)
    return replace(_opinion(network, suggested, suggested.item_ids, scores, question.most), code=Code.BUY_AGAIN)


def liking(question: Question, item_ids: Ids) -> tuple[int, NDArray[np.float64]] | None:
    """How likely each of these items is in the shopper's next basket.

    Returns
    -------
    The network's id, and float64[m], any range, -inf for an item that it does not know; None as in `for_you`.
    """
    person = asker(question)
    network = _network(person)
    suggested = None if person is None or network is None else _suggested(network, person, question, item_ids)
    if network is None or suggested is None:
        return None
    places = np.minimum(np.searchsorted(suggested.item_ids, item_ids), len(suggested.item_ids) - 1)
    scores = suggested.scores[places, Head.NEXT_BASKET].astype(np.float64)
    return network.artefact_id, np.where(suggested.item_ids[places] == item_ids, scores, -np.inf)


def _with_visit(question: Question, head: Head) -> Opinion | None:
    person = asker(question, since=question.now - timedelta(minutes=settings.SESSION_MINUTES))
    if person is None:
        return None
    network, visit = _network(person), Visit.of(person)
    by_views = visit.best() if visit else NOTHING
    suggested = None if network is None else _suggested(network, person, question, by_views)
    if network is None or suggested is None:
        return visit.alone(question.most) if visit else None
    item_ids, scores = suggested.item_ids, suggested.scores[:, head].astype(np.float64)
    by_visit = np.zeros(len(item_ids), dtype=np.bool_)
    if visit:
        item_ids = np.union1d(suggested.item_ids, by_views)
        ranked = np.full(len(item_ids), np.nan)
        ranked[np.searchsorted(item_ids, suggested.item_ids)] = scores
        scores, by_visit = visit.mixed(item_ids, ranked)
    if head == Head.NEW_ITEMS:
        scores = np.where(np.isin(item_ids, suggested.item_ids[suggested.bought]), -np.inf, scores)
    opinion = _opinion(network, suggested, item_ids, scores, question.most)
    return _with_views(opinion, visit, item_ids[by_visit]) if visit else opinion


def _network(person: Person | None) -> store.Loaded | None:
    return store.pointed(ArtefactKind.NETWORK, person.live.get(ArtefactKind.NETWORK)) if person else None


def _suggested(network: store.Loaded, person: Person, question: Question, also: Ids) -> Suggested | None:
    history = person.history
    if not len(history):
        return None
    today = question.now.timestamp() / DAY
    recommender = recommender_of(network)
    return recommender.suggest(history.item_ids, history.days, history.orders, now=today, also=also)


def _opinion(
    network: store.Loaded, suggested: Suggested, item_ids: Ids, scores: NDArray[np.floating[Any]], most: int
) -> Opinion:
    """The best items; those with a score of -inf are none."""
    past = suggested.past
    bought = recommender_of(network).item_ids[past.items]
    recent = bought[(past.last < JUST_BOUGHT_DAYS) & (past.counts < 2)]
    told = scores.astype(np.float64)
    best = np.lexsort((item_ids, -told))[: most + max(len(recent), min(len(bought), most))]
    best = best[np.isfinite(told[best])]
    strongest = np.argsort(-past.decayed[:, NAMED_BY], kind="stable")[:MOST_NAMED]
    return Opinion(
        versions={ArtefactKind.NETWORK: network.artefact_id},
        source=Source.NETWORK,
        item_ids=item_ids[best],
        scores=told[best],
        history=tuple(bought[strongest].tolist()),
        removed=dict.fromkeys(recent.tolist(), Removal.RECENTLY_BOUGHT),
        habits=_habits(bought, past),
    )


def _with_views(opinion: Opinion, visit: Visit, item_ids: Ids) -> Opinion:
    """The opinion, with the views that those of these items rest on which were never bought."""
    behind = visit.views_behind(item_ids)
    pairs = zip(item_ids.tolist(), behind.tolist(), strict=True)
    return replace(
        opinion,
        versions={**opinion.versions, ArtefactKind.SESSION: visit.session.artefact_id},
        viewed={item: view for item, view in pairs if view and item not in opinion.habits},
    )


def _habits(bought: Ids, past: Past) -> dict[int, Habit]:
    counts, gaps = past.counts.tolist(), past.gap.tolist()
    return {
        item: Habit(int(times), None if np.isnan(gap) else gap)
        for item, times, gap in zip(bought.tolist(), counts, gaps, strict=True)
    }


_recommenders = Prepared(Recommender.of)


def recommender_of(network: store.Loaded) -> Recommender:
    """The recommender of a loaded version, made ready once; the last one that was asked for is kept."""
    return _recommenders.of(network)
