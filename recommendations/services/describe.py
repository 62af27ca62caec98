"""Describe items as a ranker reads them: what the shop's catalogue says, its texts and pictures as vectors."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.utils.module_loading import import_string
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.data.texts import TextEncoder, TextSpace
from recommendations.data.traits import Traits
from recommendations.ranking.kinds import Kinds
from recommendations.selectors.traits import all_traits

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]

TEXT_WIDTH = 32

ENCODERS = "encoders"
"""Where an artefact's metrics say by what its texts and pictures became vectors."""


def describe(item_ids: Ids) -> tuple[Kinds, TextSpace | None]:
    """What the catalogue says of the items, ascending ids, and the space that their texts were brought to.

    Texts become vectors by `TEXT_ENCODER` or, without one, by a space that is learnt from them; the vectors of
    pictures, where `IMAGE_ENCODER` gives any, stand beside them with the same weight.
    """
    traits = _traits(item_ids)
    if settings.TEXT_ENCODER:
        return Kinds.of(traits, _vectors(traits, import_string(settings.TEXT_ENCODER))), None
    space = TextSpace.learn(traits.texts, width=TEXT_WIDTH)
    return Kinds.of(traits, _vectors(traits, space)), space


def describe_beside(arrays: Mapping[str, NDArray[Any]], item_ids: Ids, *, by: object) -> Kinds:
    """What the catalogue says of the items now, and texts of those that an artefact does not know, in its space.

    Parameters
    ----------
    arrays : of the artefact, of the kind "network".
    by : what `encoders` gave when it was trained. Where it gives something else now, texts are left out: vectors of two
        spaces say nothing beside each other.
    """
    traits, width = all_traits(item_ids), arrays["texts"].shape[1]
    texts = np.zeros((len(item_ids), width), dtype=np.float32)
    space, new = TextSpace.from_arrays(arrays), np.flatnonzero(~np.isin(item_ids, arrays["item_ids"]))
    if by == encoders() and (space is not None or settings.TEXT_ENCODER):
        told = _traits(item_ids[new]) if settings.IMAGE_ENCODER else traits.at(new)
        vectors = _vectors(told, space or import_string(settings.TEXT_ENCODER))
        if settings.IMAGE_ENCODER and told.images is None:
            vectors = np.pad(vectors, ((0, 0), (0, max(width - vectors.shape[1], 0))))
        if vectors.shape[1] == width:
            texts[new] = vectors
    return Kinds.of(traits, texts)


def encoders() -> dict[str, str | None]:
    """What turns texts and pictures into vectors, by the settings (JSON)."""
    return {"text": settings.TEXT_ENCODER, "image": settings.IMAGE_ENCODER}


def _traits(item_ids: Ids) -> Traits:
    encode_image = import_string(settings.IMAGE_ENCODER) if settings.IMAGE_ENCODER else None
    return all_traits(item_ids, encode_image=encode_image)


def _vectors(traits: Traits, encode: TextEncoder) -> Vectors:
    texts = np.asarray(encode(traits.texts), dtype=np.float32)
    return texts if traits.images is None else np.hstack([_of_length_1(texts), _of_length_1(traits.images)])


def _of_length_1(vectors: Vectors) -> Vectors:
    """Rows of length 1, or 0 where nothing is said."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
