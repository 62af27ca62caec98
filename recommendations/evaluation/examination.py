"""What a click says of an item: how likely each place of a list is looked at, and how rarely the item was shown.

A click needs that the shopper looks at the place and likes the item (position-based model; Craswell et al. 2008):
P(click on item i at rank k) = examined[k] liked[i].
"""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Values = NDArray[np.float64]

MOST_RANKS = 50
"""Ranks that are told apart; those behind are looked at as the last of them."""

PRIOR_POWER = 0.5
PRIOR_CLICKS = 10.0
"""Before any click rank k is looked at k^-PRIOR_POWER times as often as the first, believed as so many clicks are."""

LEAST = 0.01
MOST_WEIGHT = 20.0
"""No impression counts for more than so many."""

STEPS = 50
LONGEST_STEP = 1.0
CLOSE = 1e-9


def prior(ranks: int) -> Values:
    """float64[ranks], k^-1/2 for ranks k from 1."""
    return np.arange(1, ranks + 1, dtype=np.float64) ** -PRIOR_POWER


def examination(shown: Counts, clicks: Counts, *, before: Values | None = None) -> Values:
    """float64[k] in [0.01, 1], how likely each rank is looked at; the first is 1 by definition.

    Learnt from items that were shown at several ranks alone, whose clicks then tell the ranks apart whatever the items
    are worth (intervention harvesting; Agarwal et al. 2019). Given how many clicks an item has, they fall on its ranks
    with the probabilities shown[i, k] examined[k] / sum over k of the same; the logarithm of `examined` is where that
    likelihood times a normal prior around `before`, of the variance 1 / PRIOR_CLICKS, is highest (Newton's method; it
    is concave).

    Parameters
    ----------
    shown, clicks : int64[n, k], how often each of n items was shown and clicked at each rank.
    before : float64[k] above 0, what is believed before; None: `prior`.

    Raises
    ------
    ValueError : the shapes differ, there is no rank, or something was clicked where it was not shown.
    """
    if shown.ndim != 2 or shown.shape != clicks.shape or not shown.shape[1]:
        raise ValueError(f"shown and clicks must both be [n, k] with k from 1, not {shown.shape} and {clicks.shape}")
    if ((clicks > 0) & (shown <= 0)).any():
        raise ValueError("clicks must be 0 where shown is 0")
    believed = np.log(prior(shown.shape[1]) if before is None else before)
    believed = believed - believed[0]
    told = ((shown > 0).sum(axis=1) > 1) & (clicks.sum(axis=1) > 0)
    shown, clicks = shown[told], clicks[told]
    totals, by_rank = clicks.sum(axis=1), clicks.sum(axis=0)
    logs = believed.copy()
    for _ in range(STEPS):
        expected = shown * np.exp(logs)  # [n, k]
        shares = expected / expected.sum(axis=1, keepdims=True)
        slope = by_rank - totals @ shares - PRIOR_CLICKS * (logs - believed)
        curve = np.diag(totals @ shares + PRIOR_CLICKS) - (shares * totals[:, None]).T @ shares
        step = np.zeros(len(logs))
        step[1:] = np.linalg.solve(curve[1:, 1:], slope[1:])
        step = np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        logs += step
        if np.abs(step).max() < CLOSE:
            break
    return np.asarray(np.clip(np.exp(logs), LEAST, 1.0), dtype=np.float64)


def weight(propensity: float) -> float:
    """How many impressions one counts for that was shown with this probability in (0, 1]: its inverse, at most 20."""
    return min(1.0 / propensity, MOST_WEIGHT)


def judged(
    items: Counts, weights: Values, squares: Values, rewards: Values, examined: Values, *, number: int
) -> tuple[Values, Values]:
    """What was learnt of each item, as examinations at the first place and what they brought.

    With w the weights of an item's impressions, their expected examinations are sum of w examined and their rewards
    sum of w reward; the ratio of both (self-normalised inverse propensity; Swaminathan and Joachims 2015) is what it
    would get where everybody is shown it at the first place. Both are multiplied by sum w / sum w^2, which makes them
    as many as a sample without weights would need to be for the same certainty (Kish 1965).

    Parameters
    ----------
    items : int64[r], the item of each row, from 0 to `number` - 1; a row is an item at one rank of one placement.
    weights, squares, rewards : float64[r], sums of w, w^2 and w reward over its impressions.
    examined : float64[r] in (0, 1], how likely its rank is looked at.

    Returns
    -------
    float64[number] examinations and float64[number] rewards, 0 for an item that was never shown.
    """
    total = np.bincount(items, weights, number)
    certainty = np.divide(total, np.bincount(items, squares, number), out=np.zeros(number), where=total > 0)
    examinations = np.asarray(np.bincount(items, weights * examined, number) * certainty, dtype=np.float64)
    return examinations, np.asarray(np.bincount(items, rewards, number) * certainty, dtype=np.float64)
