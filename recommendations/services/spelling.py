"""Find products by the pinyin of their Chinese titles, whether or not the shop's own search knows any.

Titles are spelt by a job, with the package pypinyin, into one row. A process keeps what it read of it, about ten
megabytes for 100,000 titles, and looks for letters in it: that takes milliseconds and asks no table of titles.
"""

import logging
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from django.conf import settings as django_settings
from numpy.typing import NDArray

from recommendations.catalogue import Context, get_catalogue
from recommendations.models import BasketTotals, Item, ItemCount, Spelling, database

logger = logging.getLogger(__name__)

ITEMS_AT_ONCE = 500
MOST_TITLES = 200_000
MOST_CHARACTERS = 60
"""Of each title, from its beginning."""

MOST_LOOKED_AT = 20_000
"""Places with the letters that are looked at: most are within a syllable where the letters are few."""

LETTERS = bytes(range(ord("a"), ord("z") + 1))
HAN = re.compile(r"[\u3400-\u9fff]")
TYPED = re.compile(r"[a-z]{2,40}")


@dataclass(frozen=True, slots=True)
class Index:
    """What a process keeps of the row.

    Parameters
    ----------
    item_ids : int64[n], one a line.
    letters : all lines in small letters; `begins` bool[len(letters)], where a syllable begins.
    initials : the first letter of each syllable, a line a title.
    ends, initial_ends : int64[n], where each line ends.
    """

    made_at: datetime
    item_ids: NDArray[np.int64]
    letters: bytes
    begins: NDArray[np.bool_]
    ends: NDArray[np.int64]
    initials: bytes
    initial_ends: NDArray[np.int64]

    @classmethod
    def of(cls, row: Spelling) -> "Index":
        """The index of what the row spells."""
        spelt = row.spelt.encode("ascii")
        characters = np.frombuffer(spelt, dtype=np.uint8)
        initials = spelt.translate(None, delete=LETTERS)
        return cls(
            made_at=row.made_at,
            item_ids=np.frombuffer(bytes(row.item_ids), dtype="<i8"),
            letters=spelt.lower(),
            begins=(characters >= ord("A")) & (characters <= ord("Z")),
            ends=np.flatnonzero(characters == ord("\n")),
            initials=initials.lower(),
            initial_ends=np.flatnonzero(np.frombuffer(initials, dtype=np.uint8) == ord("\n")),
        )

    def find(self, typed: bytes, limit: int) -> list[int]:
        """Ids of items whose pinyin, or else its initials, has these letters from the beginning of a syllable on."""
        lines = dict.fromkeys(self._spelt(typed, limit))
        lines |= dict.fromkeys(_lines(self.initials, self.initial_ends, typed, limit))
        return [int(self.item_ids[line]) for line in list(lines)[:limit]]

    def _spelt(self, typed: bytes, limit: int) -> Iterator[int]:
        at, found = self.letters.find(typed), 0
        for _ in range(MOST_LOOKED_AT):
            if at < 0 or found == limit:
                return
            following = at + 1
            if self.begins[at]:
                line = int(np.searchsorted(self.ends, at))
                following, found = int(self.ends[line]), found + 1
                yield line
            at = self.letters.find(typed, following)


_kept: list[Index] = []
"""The newest index that this process read, or nothing."""


def spell_titles(*, now: datetime) -> int:
    """Spell the titles that have Chinese in them; returns how many those are.

    Without the package pypinyin nothing is spelt. Where the catalogue raises, what was spelt last stays.
    """
    if find_spec("pypinyin") is None:
        return 0
    live = BasketTotals.objects.live().values("generation")[:1]
    sold = dict(ItemCount.objects.filter(generation=live).values_list("item_id", "orders").iterator())
    try:
        found = sorted(_spelt_titles(), key=lambda one: (-sold.get(one[0], 0), one[0]))[:MOST_TITLES]
    except Exception:
        logger.exception("the catalogue gives no facts: the pinyin of titles stays as it was")
        return 0
    Spelling.objects.update_or_create(
        pk=1,
        defaults={
            "item_ids": np.array([pk for pk, _ in found], dtype="<i8").tobytes(),
            "spelt": "".join(f"{line}\n" for _, line in found),
            "title_count": len(found),
            "made_at": now,
        },
    )
    return len(found)


def find_spelt(words: str, limit: int) -> list[int]:
    """Ids of items whose titles are typed so in pinyin, best sellers first.

    Spaces, apostrophes and tones may be there or not: `niunai`, `niú nǎi`, `niu2nai3` and `nn` all find 牛奶.
    """
    typed = _typed(words)
    index = _index() if typed else None
    return index.find(typed.encode("ascii"), limit) if index else []


def _index() -> Index | None:
    newest = Spelling.objects.values_list("made_at", flat=True).order_by("-id").first()
    if newest is None:
        return None
    if not _kept or _kept[0].made_at != newest:
        _kept[:] = [Index.of(row) for row in Spelling.objects.order_by("-id")[:1]]
    return _kept[0] if _kept else None


def _lines(text: bytes, ends: NDArray[np.int64], typed: bytes, limit: int) -> Iterator[int]:
    at = text.find(typed)
    for _ in range(limit):
        if at < 0:
            return
        line = int(np.searchsorted(ends, at))
        yield line
        at = text.find(typed, int(ends[line]))


def _typed(words: str) -> str:
    """The letters of pinyin that were typed; empty where the words can be none."""
    marked = unicodedata.normalize("NFD", words.lower()).replace("u\u0308", "v").replace("u:", "v")
    plain = "".join(one for one in marked if not unicodedata.combining(one))
    letters = re.sub(r"(?<=[a-z])[1-5](?![0-9])|[\s'\u2019-]", "", plain)
    return letters if TYPED.fullmatch(letters) else ""


def _spelt_titles() -> Iterator[tuple[int, str]]:
    """(item id, pinyin) of each item with Chinese in its title."""
    spell = import_module("pypinyin").lazy_pinyin
    context = Context(language=_chinese())
    last = 0
    while items := list(Item.objects.filter(pk__gt=last).order_by("id").values_list("id", "key")[:ITEMS_AT_ONCE]):
        with database.savepoints():
            facts = get_catalogue().facts([key for _, key in items], context)
        for pk, key in items:
            title = str(facts[key].title)[:MOST_CHARACTERS] if key in facts else ""
            if HAN.search(title):
                syllables = (re.sub("[^a-z]", "", one) for one in spell(title, errors="ignore"))
                yield pk, "".join(one.capitalize() for one in syllables)
        last = items[-1][0]


def _chinese() -> str:
    """The host's code of Chinese; empty, which is its usual language, where it lists none."""
    return next((code for code, _ in django_settings.LANGUAGES if code.startswith("zh")), "")
