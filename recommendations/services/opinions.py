"""Which strategies ask an artefact, and how each gets its opinion; the others score counts."""

import logging
from collections.abc import Callable, Mapping

from django.db import DatabaseError

from recommendations.exceptions import RecommendationsError
from recommendations.models import Strategy
from recommendations.services.browsed import because_viewed, recently_viewed
from recommendations.services.offered import offers
from recommendations.services.opinion import Opinion, Question
from recommendations.services.personal import buy_again, for_you, new_for_you
from recommendations.services.ruled import substitutes, viewed_together
from recommendations.services.selling import best_sellers, trending
from recommendations.services.similar import similar

logger = logging.getLogger(__name__)

OPINIONS: Mapping[str, Callable[[Question], Opinion | None]] = {
    Strategy.FOR_YOU: for_you,
    Strategy.BUY_AGAIN: buy_again,
    Strategy.NEW_FOR_YOU: new_for_you,
    Strategy.BECAUSE_VIEWED: because_viewed,
    Strategy.SIMILAR: similar,
    Strategy.VIEWED_TOGETHER: viewed_together,
    Strategy.SUBSTITUTES: substitutes,
    Strategy.TRENDING: trending,
    Strategy.BEST_SELLERS: best_sellers,
    Strategy.OFFERS: offers,
    Strategy.RECENTLY_VIEWED: recently_viewed,
}

OF_ONE_PRODUCT = frozenset({Strategy.RELATED, Strategy.SIMILAR, Strategy.VIEWED_TOGETHER, Strategy.SUBSTITUTES})
"""Asked about a product that the shop must know, and that is no answer."""

OF_A_SHOPPER = frozenset(
    {
        Strategy.FOR_YOU,
        Strategy.BUY_AGAIN,
        Strategy.NEW_FOR_YOU,
        Strategy.BECAUSE_VIEWED,
        Strategy.OFFERS,
        Strategy.RECENTLY_VIEWED,
    }
)
"""What these propose is one shopper's own, and will hardly be asked for again before the counts change."""

OF_A_CATEGORY = frozenset({Strategy.TRENDING, Strategy.BEST_SELLERS, Strategy.OFFERS, Strategy.NEW_ARRIVALS})
"""Asked about a category, these propose nothing else; of what the others propose, what is of another is left out."""

NOT_FILLED = frozenset({Strategy.BUY_AGAIN, Strategy.OFFERS, Strategy.RECENTLY_VIEWED, Strategy.NEW_ARRIVALS})
"""A list of these holds nothing else: a fallback answers only where there is nothing to show at all."""


def opinion_of(strategy: str, question: Question) -> Opinion | None:
    """What the strategy's artefact thinks; None where the strategy asks none, it knows nothing, or it fails.

    What fails is logged and a fallback answers. A database or a catalogue that is out of order is the caller's to know.
    """
    ask = OPINIONS.get(strategy)
    try:
        return None if ask is None else ask(question)
    except (DatabaseError, RecommendationsError):
        raise
    except Exception:
        logger.exception("the strategy %s has no opinion", strategy)
        return None
