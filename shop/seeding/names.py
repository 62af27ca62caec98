"""Product names that one can read, from the abbreviated types of the sales data."""

import re

from shop.seeding.phrases import PHRASES, WORDS

PRIVATE = "Private"

_BRACKETS = re.compile(r"\([^)]*\)?")
_CODES = re.compile(r"\b\d{4,}\b|\b\d+\.\d{2}\b")
_SPACES = re.compile(r"\s+")
_HEAD_FIRST = re.compile(
    r"^(APPLES|PEARS|GRAPES|PEPPERS|ONIONS|POTATOES|TOMATOES|MUSHROOMS|PEACHES|NECTARINES|CORN|CHERRIES|SQUASH|EGGS)"
    r"[\s\-:]+(.+)$"
)
_FILLING = ("ALL", "BULK", "PKG", "PPK", "MISC", "MISC.", "N/A", "EX", "PREPACK", "PRPCK", "PREPORTND")


def product_name(category: str, kind: str) -> str:
    """The name of a product type, in sentence case: `SALAD MIX`, `KITS` gives `Salad kits`.

    Known phrases come first, by category and type, then by type; what is left is spelled out word by word.
    """
    kind = _SPACES.sub(" ", kind.strip().upper())
    phrase = PHRASES.get(f"{category}|{kind}") or PHRASES.get(kind)
    if phrase:
        return phrase
    plain = _BRACKETS.sub(" ", kind)
    plain = _CODES.sub(" ", plain).replace("-MAGAZINE", " MAGAZINE")
    plain = _SPACES.sub(" ", plain).strip(" -:&/")
    head_first = _HEAD_FIRST.match(plain)
    if head_first:
        plain = f"{head_first[2]} {head_first[1]}"
    return _sentence(_spelled_out(plain)) or _sentence(_spelled_out(category))


def title_of(name: str, size: str, brand: str) -> str:
    """`Shredded cheese, 8 oz (private label)`; without size or label where there is none."""
    title = f"{name}, {size}" if size else name
    return f"{title} (private label)" if brand == PRIVATE else title


def _spelled_out(plain: str) -> str:
    plain = re.sub(r"\s*[:/]\s*|\s+-\s+", lambda found: " & " if "/" in found[0] else " ", plain)
    words = [WORDS.get(word, word.lower()) for word in plain.split() if word not in _FILLING]
    return _SPACES.sub(" ", " ".join(word for word in words if word)).strip(" -:&,")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
