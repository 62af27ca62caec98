"""Product names that one can read, from the abbreviated types of the sales data."""

import re

from shop.seeding.pantry import PANTRY
from shop.seeding.phrases import PHRASES, WORDS

SMALL = ("and", "for", "from", "in", "of", "on", "or", "the", "to", "with", "without")

_BRACKETS = re.compile(r"\([^)]*\)?")
_CODES = re.compile(r"\b\d{4,}\b|\b\d+\.\d{2}\b")
_SPACES = re.compile(r"\s+")
_HEAD_FIRST = re.compile(
    r"^(APPLES|PEARS|GRAPES|PEPPERS|ONIONS|POTATOES|TOMATOES|MUSHROOMS|PEACHES|NECTARINES|CORN|CHERRIES|SQUASH|EGGS)"
    r"[\s\-:]+(.+)$"
)
_FILLING = ("ALL", "BULK", "PKG", "PPK", "MISC", "MISC.", "MISCELLANEOUS", "N/A", "EX", "PREPACK", "PRPCK", "PREPORTND")


def product_name(category: str, kind: str) -> str:
    """The name of a product type, in title case: `SALAD MIX`, `KITS` gives `Salad Kit`.

    Known phrases come first, by category and type, then by type; what is left is spelled out word by word.
    """
    kind = _SPACES.sub(" ", kind.strip().upper())
    for phrases in (PHRASES, PANTRY):
        phrase = phrases.get(f"{category}|{kind}") or phrases.get(kind)
        if phrase:
            return title_case(phrase)
    plain = _BRACKETS.sub(" ", kind)
    plain = _CODES.sub(" ", plain).replace("-MAGAZINE", " MAGAZINE")
    plain = _SPACES.sub(" ", plain).strip(" -:&/")
    head_first = _HEAD_FIRST.match(plain)
    if head_first:
        plain = f"{head_first[2]} {head_first[1]}"
    return title_case(_spelled_out(plain)) or title_case(_spelled_out(category)) or "Grocery"


def full_title(brand: str, name: str, size: str) -> str:
    """`Oakfield Shredded Cheese, 8 oz`; without brand or size where there is none."""
    title = f"{brand} {name}" if brand else name
    return f"{title}, {size}" if size else title


def title_case(text: str) -> str:
    """Each word with a capital, except small ones; what has a capital already keeps its own."""
    words = text.split()
    return " ".join(
        word if index and word in SMALL else word[:1].upper() + word[1:] for index, word in enumerate(words)
    )


def _spelled_out(plain: str) -> str:
    plain = re.sub(r"\s*[:/&]\s*|\s+-\s+", lambda found: " and " if found[0].strip() in "/&" else " ", plain)
    words = [WORDS.get(word, word.lower()) for word in plain.split() if word not in _FILLING]
    spelled = _SPACES.sub(" ", " ".join(word for word in words if word))
    return re.sub(r"^(?:and )+|(?: and)+$", "", spelled.strip(" -:,"))
