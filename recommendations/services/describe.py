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


def describe_as(item_ids: Ids, arrays: Mapping[str, NDArray[Any]], *, by: object) -> Kinds:
    """What the catalogue says of the items now, with texts and pictures in the space of an artefact's.

    Parameters
    ----------
    arrays : of the kind "network".
    by : what `encoders` gave when these were learnt. Where it gives something else now, texts are left out.
    """
    traits = _traits(item_ids)
    width = arrays["texts"].shape[1]
    texts = np.zeros((len(traits), width), dtype=np.float32)
    space = TextSpace.from_arrays(arrays)
    if by == encoders() and (space is not None or settings.TEXT_ENCODER):
        vectors = _vectors(traits, space or import_string(settings.TEXT_ENCODER))
        # Without any picture among these items there is nothing beside the texts.
        texts[:, : vectors.shape[1]] = vectors[:, :width]
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
