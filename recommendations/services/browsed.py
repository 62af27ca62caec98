"""What the live artefact of sessions thinks of what a shopper looked at; nothing after a refusal."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.data.candidates import Source
from recommendations.data.sequences import Recent
from recommendations.models import ArtefactKind
from recommendations.ranking.best import places_of_best
from recommendations.ranking.reasons import Code
from recommendations.ranking.session import because_viewed as scores_of_views
from recommendations.ranking.session import session_scores
from recommendations.ranking.session_mix import best_of_session, mixed, rows_behind, views_behind
from recommendations.selectors.persons import Person
from recommendations.services.asker import asker
from recommendations.services.opinion import Opinion, Question

Ids = NDArray[np.int64]

VIEWED = timedelta(days=30)
"""How long a view may be the reason of a suggestion."""

MOST_VIEWS = 200
"""Events that are looked through for what was viewed lately."""


def because_viewed(question: Question) -> Opinion | None:
    """What goes with the latest views and was neither viewed nor bought; None without any that is known."""
    person = asker(question, since=question.now - VIEWED)
    session = _session(person)
    if person is None or session is None or not shows_interest(person.events):
        return None
    events, bought = person.events, np.unique(person.history.item_ids)
    scores = scores_of_views(session.arrays, events, without=bought)
    ids = session.arrays["item_ids"]
    behind = rows_behind(session.arrays, events)
    scores[behind < 0] = -np.inf
    best = places_of_best(scores, question.most)
    best = best[np.isfinite(scores[best])]
    if not len(best):
        return None
    return Opinion(
        versions={ArtefactKind.SESSION: session.artefact_id},
        source=Source.SESSION,
        item_ids=ids[best].astype(np.int64),
        scores=scores[best].astype(np.float64),
        viewed=dict(zip(ids[best].tolist(), ids[behind[best]].tolist(), strict=True)),
    )


def recently_viewed(question: Question) -> Opinion | None:
    """What the shopper looked at, the latest first; None without a view, and after a refusal."""
    person = asker(question, since=question.now - VIEWED, most=MOST_VIEWS)
    ids = person.viewed[: question.most] if person else ()
    if not ids:
        return None
    return Opinion(
        versions={},
        source=Source.RECENTLY_VIEWED,
        item_ids=np.array(ids, dtype=np.int64),
        scores=np.arange(len(ids), 0, -1, dtype=np.float64),
        code=Code.RECENTLY_VIEWED,
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """What a shopper did in this visit, some of which shows interest, the artefact, and its scores float32[n]."""

    session: store.Loaded
    events: Recent
    scores: NDArray[np.float32]

    @classmethod
    def of(cls, person: Person) -> "Visit | None":
        """A shopper's, of the events that were read; None where there is no artefact or no interest."""
        session, events = _session(person), person.events
        if session is None or not shows_interest(events):
            return None
        return cls(session, events, session_scores(session.arrays, events))

    def alone(self, most: int) -> Opinion | None:
        """The opinion where nothing but this visit is known; None where it says nothing of any item."""
        ids, scores = best_of_session(self.session.arrays, self.scores, most)
        behind = self.views_behind(ids)
        told = behind > 0
        if not told.any():
            return None
        return Opinion(
            versions={ArtefactKind.SESSION: self.session.artefact_id},
            source=Source.SESSION,
            item_ids=ids[told],
            scores=scores[told],
            viewed=dict(zip(ids[told].tolist(), behind[told].tolist(), strict=True)),
        )

    def best(self) -> Ids:
        """int64[m], item ids that suit the visit best."""
        return best_of_session(self.session.arrays, self.scores)[0]

    def mixed(self, item_ids: Ids, ranked: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """See `session_mix.mixed`."""
        return mixed(self.session.arrays, self.scores, item_ids, ranked)

    def views_behind(self, item_ids: Ids) -> Ids:
        """See `session_mix.views_behind`."""
        return views_behind(self.session.arrays, self.events, item_ids)


def _session(person: Person | None) -> store.Loaded | None:
    return store.pointed(ArtefactKind.SESSION, person.live.get(ArtefactKind.SESSION)) if person else None


def shows_interest(events: Recent) -> bool:
    """Whether any event weighs above 0."""
    return bool((events.weights > 0).any())
