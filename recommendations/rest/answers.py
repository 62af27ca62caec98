"""A recommendation as the API spells it."""

import math
from typing import Any

from recommendations.services.explain import Explained
from recommendations.services.serve import Considered, Recommendation, Suggestion


def as_json(answer: Recommendation, *, explained: bool = False) -> dict[str, Any]:
    """The one shape of every list; prices are text, so that no client rounds them. `explained`: every candidate too."""
    candidates = {"considered": [_considered(one) for one in answer.considered]} if explained else {}
    return {
        "recommendation_id": answer.recommendation_id,
        "placement": answer.placement,
        "as_of": answer.as_of,
        "fallback": answer.fallback,
        "items": [_suggestion(suggestion) for suggestion in answer.items],
        **candidates,
    }


def _considered(one: Considered) -> dict[str, Any]:
    return {
        "item": one.item,
        "title": one.title,
        "source": one.source,
        "raw": finite(one.raw),
        "score": finite(one.score),
        "diversity": finite(one.diversity),
        "propensity": one.propensity,
        "rank": one.rank,
        "removed": None if one.removed is None else one.removed.value,
        "proposed": one.proposed,
    }


def finite(value: float | None) -> float | None:
    """The number, where JSON has it."""
    return value if value is not None and math.isfinite(value) else None


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "item": suggestion.item,
        "title": suggestion.title,
        "url": suggestion.url,
        "price": None if suggestion.price is None else format(suggestion.price, "f"),
        "currency": suggestion.currency or None,
        "score": suggestion.score,
        "rank": suggestion.rank,
        "source": suggestion.source,
        "reasons": [_reason(reason) for reason in suggestion.reasons],
    }


def _reason(reason: Explained) -> dict[str, Any]:
    evidence = reason.evidence
    return {
        "code": reason.code,
        "text": reason.text,
        "evidence": {
            "n_ab": evidence.n_ab,
            "n_a": evidence.n_a,
            "n_b": evidence.n_b,
            "n": evidence.n,
            "confidence": evidence.confidence,
            "lift": evidence.lift,
        },
    }
