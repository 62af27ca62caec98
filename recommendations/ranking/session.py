"""What a visitor may look at, or buy, next, from their latest events alone: an encoder and item-to-item weights.

n = items, d = width, h = heads, f = inner width, l = longest session, k = transitions. The arrays of an artefact:

`item_ids` int64[n] ascending; of the encoder `session_vectors` float32[n, d], `session_bias` float32[n],
`session_kinds` float32[kinds, d], `session_places` float32[l, d] (the first is the latest event's), `session_interest`
float32[d], `session_query`, `session_key`, `session_value` float32[h, d, d / h], `session_mix` float32[d, d],
`session_inner` float32[d, f], `session_inner_bias` float32[f], `session_outer` float32[f, d], `session_outer_bias`
float32[d], `session_norms` float32[2, 2, d] (gain and shift of both); of the item-to-item weights `transition_offsets`
int64[n + 1], `transition_targets` int32[k], `transition_values` float32[k]; `session_popular` float32[n], shares that
sum to 1; `session_returns` float32[r]; `session_recency` float32[1]; `session_blend` float32[3].
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.data.sequences import Recent

Arrays = Mapping[str, NDArray[Any]]
Ids = NDArray[np.int64]
Values = NDArray[np.float32]

EPSILON = 1e-5
"""What is added to a variance, as torch does."""


def session_scores(arrays: Arrays, events: Recent) -> Values:
    """float32[n], the chance of each item to be the next one, as far as the artefact can tell; higher is better.

    `encoder softmax * blend[0] + transition shares * blend[1] + popular shares * blend[2]`, and what returning to an
    item seen before is worth: `returns[j - 1]` for the item of j events ago. The blend is learnt.

    Parameters
    ----------
    events : the visitor's latest, oldest first; items that the artefact does not know are passed over.
    """
    rows, kept = known(arrays, events.item_ids)
    if not len(rows):
        return np.array(arrays["session_popular"], dtype=np.float32)
    kinds, weights = events.kinds[kept], events.weights[kept]
    blend = arrays["session_blend"]
    scores = blend[2] * arrays["session_popular"]
    if blend[0]:
        scores += blend[0] * softmax(encoder_scores(arrays, rows, kinds, weights))
    if blend[1]:
        scores += blend[1] * shares(transition_scores(arrays, rows, weights))
    return add_returns(scores.astype(np.float32, copy=False), rows, arrays["session_returns"])


def because_viewed(arrays: Arrays, events: Recent, *, without: Ids) -> Values:
    """float32[n], `session_scores` for what the visitor has not come across yet; all else is -inf.

    Parameters
    ----------
    without : int64, item ids of what was bought or is in the cart; the items of `events` are left out in any case.
    """
    scores = session_scores(arrays, events)
    for item_ids in (events.item_ids, without):
        scores[known(arrays, item_ids)[0]] = -np.inf
    return scores


def known(arrays: Arrays, item_ids: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """int64[m] rows of the items that the artefact knows, and bool[items] which those are."""
    ids: Ids = arrays["item_ids"]
    at = np.minimum(np.searchsorted(ids, item_ids), max(len(ids) - 1, 0))
    kept = ids[at] == item_ids if len(ids) else np.zeros(len(item_ids), dtype=np.bool_)
    return at[kept], np.asarray(kept)


def encoder_scores(arrays: Arrays, rows: Ids, kinds: NDArray[np.int8], weights: Values) -> Values:
    """float32[n], logits: one block of attention that the latest event pays to the session (Kang and McAuley 2018).

    Parameters
    ----------
    rows, kinds, weights : int64[m], int8[m] and float32[m], m at least 1, oldest first; the latest l count.
    """
    vectors, places = arrays["session_vectors"], arrays["session_places"]
    rows, kinds, weights = rows[-len(places) :], kinds[-len(places) :], weights[-len(places) :]
    m, width = len(rows), vectors.shape[1]
    given = vectors[rows] * np.float32(width**0.5) + arrays["session_kinds"][kinds]  # [m, d]
    given = given + places[:m][::-1] + weights[:, None] * arrays["session_interest"]  # [m, d]
    keys = given @ arrays["session_key"]  # [h, m, d / h]
    asked = given[-1] @ arrays["session_query"]  # [h, d / h]
    heard = (keys @ asked[:, :, None])[:, :, 0] * np.float32(keys.shape[2] ** -0.5)  # [h, m]
    attention = np.exp(heard - heard.max(axis=1, keepdims=True))  # [h, m]
    attention /= attention.sum(axis=1, keepdims=True)
    said = (attention[:, None, :] @ (given @ arrays["session_value"])).reshape(width)  # [d]
    first, second = arrays["session_norms"]
    state = _norm(given[-1] + said @ arrays["session_mix"], first)  # [d]
    inner = np.maximum(state @ arrays["session_inner"] + arrays["session_inner_bias"], 0)  # [f]
    state = _norm(state + inner @ arrays["session_outer"] + arrays["session_outer_bias"], second)  # [d]
    return np.asarray(vectors @ state + arrays["session_bias"], dtype=np.float32)


def transition_scores(arrays: Arrays, rows: Ids, weights: Values) -> Values:
    """float32[n], the item-to-item weights of the session's items, each times its weight and `recency^age`."""
    offsets, n = arrays["transition_offsets"], len(arrays["item_ids"])
    ages = np.arange(len(rows))[::-1]
    strength = weights * arrays["session_recency"][0] ** ages  # [m]
    spans = [slice(offsets[row], offsets[row + 1]) for row in rows.tolist()]
    targets = np.concatenate([arrays["transition_targets"][span] for span in spans])
    values = np.concatenate([arrays["transition_values"][span] * by for span, by in zip(spans, strength, strict=True)])
    return np.bincount(targets, weights=values, minlength=n).astype(np.float32)


def add_returns(scores: Values, rows: Ids, returns: Values) -> Values:
    """The scores with `returns[j - 1]` added to the item of j events ago, the latest one's apart."""
    ages = np.arange(len(rows))[::-1]
    old = (ages >= 1) & (ages <= len(returns))
    seen, places = np.unique(rows, return_inverse=True)
    np.maximum.at(back := np.zeros(len(seen), dtype=np.float32), places[old], returns[ages[old] - 1])
    back[places[-1]] = 0
    raised = scores.copy()
    raised[seen] += back
    return raised


def softmax(logits: Values) -> Values:
    """float32[n], shares that sum to 1."""
    raised = np.exp(logits - logits.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)


def shares(scores: Values) -> Values:
    """float32[n], scores over their sum; negative ones are 0, and all are where none is above."""
    positive = np.maximum(scores, 0)
    total = float(positive.sum())
    return np.asarray(positive / total if total > 0 else positive, dtype=np.float32)


def _norm(values: Values, gain_and_shift: Values) -> Values:
    gain, shift = gain_and_shift
    centred = values - values.mean()
    return np.asarray(centred / np.sqrt((centred**2).mean() + EPSILON) * gain + shift, dtype=np.float32)
