"""Texts as vectors: TF-IDF of character n-grams and a truncated SVD; without words, so that Chinese works too."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

Vectors = NDArray[np.float32]
Grams = NDArray[np.uint64]

LENGTHS = (2, 3, 4)
"""Characters of an n-gram."""

CHARACTERS_AT_ONCE = 500_000
LEARNT_FROM = 20_000
"""Texts that a space is learnt from at most, evenly chosen: bounds memory and time."""

COMMONEST = 0.5
"""Share of the texts above which an n-gram tells nothing apart."""


class TextEncoder(Protocol):
    """Texts to vectors float32[n, k], a row a text, of one width whatever the texts."""

    def __call__(self, texts: Sequence[str], /) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class TextSpace:
    """What turns texts into vectors of k numbers: a `TextEncoder`.

    Parameters
    ----------
    grams : uint64[v], hashed n-grams, ascending.
    weights : float32[v], inverse document frequency log((1 + n) / (1 + df)) + 1.
    components : float32[v, k], right singular vectors of the TF-IDF matrix.
    """

    grams: Grams
    weights: Vectors
    components: Vectors

    @classmethod
    def learn(cls, texts: Sequence[str], *, grams: int = 20_000, width: int = 128) -> "TextSpace":
        """From a shop's texts: the `grams` n-grams of most texts (of two at least, of half of them at most).

        The same texts give the same space. Its width is below `width` where the texts do not fill it, 0 without texts.
        """
        told = [text for text in texts if text]
        told = told[:: max(-(-len(told) // LEARNT_FROM), 1)]
        found, counts = _frequencies(told)
        most = max(COMMONEST * len(told), 2)
        usual = (counts >= 2) & (counts <= most)
        found, counts = found[usual], counts[usual]
        kept = np.sort(np.lexsort((found, -counts))[:grams])
        weights = (np.log((1 + len(told)) / (1 + counts[kept])) + 1).astype(np.float32)
        rank = min(width, len(told) - 1, len(kept) - 1)
        if rank < 1:
            return cls(found[:0], weights[:0], np.zeros((0, 0), dtype=np.float32))
        table = _weighed(told, found[kept], weights)
        _, lengths, components = svds(table.astype(np.float64), k=rank, v0=np.ones(min(table.shape)))
        components = components[np.argsort(-lengths)]
        turned = np.sign(components[np.arange(rank), np.abs(components).argmax(axis=1)])
        return cls(found[kept], weights, np.ascontiguousarray((components * turned[:, None]).T, dtype=np.float32))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "TextSpace | None":
        """What `arrays` gave, among others; None where it is not there."""
        if "text_grams" not in arrays:
            return None
        return cls(arrays["text_grams"], arrays["text_weights"], arrays["text_components"])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The space as an artefact keeps it; nothing of a space without width."""
        if not self.components.size:
            return {}
        return {
            "text_grams": self.grams.astype("<u8"),
            "text_weights": self.weights.astype("<f4"),
            "text_components": self.components.astype("<f4"),
        }

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """float32[n, k], each of length 1 at most; zeros for a text without a known n-gram."""
        if not self.components.size:
            return np.zeros((len(texts), self.components.shape[1]), dtype=np.float32)
        return np.asarray(_weighed(texts, self.grams, self.weights) @ self.components, dtype=np.float32)


def _frequencies(texts: Sequence[str]) -> tuple[Grams, NDArray[np.int64]]:
    """Each n-gram, ascending, and in how many texts it is."""
    found, counts = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    for _, _, grams, _ in _counted(texts):
        merged, place = np.unique(np.concatenate([found, grams]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, np.ones(len(grams))]), len(merged)).astype(np.int64)
        found = merged
    return found, counts


def _weighed(texts: Sequence[str], grams: Grams, weights: Vectors) -> sparse.csr_matrix:
    """CSR [n, v] of (1 + log tf) idf, each row of length 1."""
    parts = []
    for number, owners, found, times in _counted(texts):
        at = np.minimum(np.searchsorted(grams, found), len(grams) - 1)
        known = grams[at] == found
        values = (1 + np.log(times[known])).astype(np.float32) * weights[at[known]]
        part = sparse.csr_matrix((values, (owners[known], at[known])), shape=(number, len(grams)))
        lengths = np.sqrt(np.asarray(part.multiply(part).sum(axis=1)).ravel())
        parts.append(sparse.diags((1 / np.maximum(lengths, 1e-12)).astype(np.float32)) @ part)
    return sparse.vstack([sparse.csr_matrix((0, len(grams)), dtype=np.float32), *parts]).tocsr()


def _counted(texts: Sequence[str]) -> Iterator[tuple[int, NDArray[np.int64], Grams, NDArray[np.int64]]]:
    """Some texts at a time: how many, then text, n-gram and how often, one entry an n-gram of a text."""
    start = 0
    while start < len(texts):
        stop, characters, some = start, 0, []
        while stop < len(texts) and characters < CHARACTERS_AT_ONCE:
            some.append(_plain(texts[stop]))
            characters += len(some[-1])
            stop += 1
        owners, grams = _hashed(some)
        order = np.lexsort((grams, owners))
        owners, grams = owners[order], grams[order]
        first = np.ones(len(owners), dtype=bool)
        first[1:] = (owners[1:] != owners[:-1]) | (grams[1:] != grams[:-1])
        begins = np.flatnonzero(first)
        yield len(some), owners[begins], grams[begins], np.diff(np.append(begins, len(owners)))
        start = stop


def _hashed(texts: Sequence[str]) -> tuple[NDArray[np.int64], Grams]:
    """The text and the hash of every n-gram; 64 bits, so that two n-grams hardly ever share one."""
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    owners, grams = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint64)]
    for length in LENGTHS:
        number = len(letters) - length + 1
        if number < 1:
            break
        mixed = np.full(number, length, dtype=np.uint64)
        for place in range(length):
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + letters[place : place + number]
        within = owner[:number] == owner[length - 1 :]
        owners.append(owner[:number][within])
        grams.append(mixed[within])
    return np.concatenate(owners), np.concatenate(grams)


def _plain(text: str) -> str:
    """One form for what differs in case, width or blanks alone; blanks around it mark where words begin and end."""
    words = unicodedata.normalize("NFKC", text).casefold().split()
    return f" {' '.join(words)} " if words else ""
