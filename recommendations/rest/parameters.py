"""What a reading request asks for; each refusal names the parameter and what is allowed."""

from collections.abc import Mapping
from typing import Any, TypedDict

from django.http import QueryDict

from recommendations.exceptions import InvalidInput

MOST_KEYS = 1_000


class Wanted(TypedDict, total=False):
    """What every reading service takes; left out where the request says nothing."""

    limit: int
    placement: str
    exclude: list[str]


ALLOWED = tuple(Wanted.__annotations__)


def from_query(given: QueryDict) -> Wanted:
    """`limit`, `placement` and `exclude` (repeated, or with commas) from a query string.

    Raises
    ------
    InvalidInput : a parameter is unknown, given twice or out of range.
    """
    refuse_unknown(given, ALLOWED)
    wanted = Wanted()
    refuse_repeated(given, ("limit", "placement"))
    if "limit" in given:
        wanted["limit"] = limit(str(given["limit"]))
    if "placement" in given:
        wanted["placement"] = str(given["placement"])
    excluded = [key for text in given.getlist("exclude") for key in str(text).split(",") if key]
    if excluded:
        wanted["exclude"] = keys("exclude", excluded)
    return wanted


def from_body(given: Any) -> tuple[list[str], Wanted]:
    """`items`, and beside them `limit`, `placement` and `exclude` (a list), from a JSON object.

    Raises
    ------
    InvalidInput : a field is unknown, missing or out of range.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput("body", "must be a JSON object")
    refuse_unknown(given, ("items", *ALLOWED))
    if "items" not in given:
        raise InvalidInput("items", "is missing: the product keys of the cart")
    wanted = Wanted()
    if given.get("limit") is not None:
        wanted["limit"] = given["limit"]
    if given.get("placement") is not None:
        wanted["placement"] = given["placement"]
    if given.get("exclude") is not None:
        wanted["exclude"] = keys("exclude", given["exclude"])
    return keys("items", given["items"]), wanted


def refuse_unknown(given: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    """Name the first parameter that means nothing here: a misspelt one must not be passed over."""
    for name in given:
        if name not in allowed:
            # A JSON object's names may hold what no answer can be encoded with.
            spelled = name.encode("utf-8", "replace").decode()[:80]
            raise InvalidInput(spelled, f"is no parameter here; there are {', '.join(allowed) or 'none'}")


def refuse_repeated(given: QueryDict, names: tuple[str, ...]) -> None:
    """Name the first of these parameters that is given more than once."""
    for name in names:
        if len(given.getlist(name)) > 1:
            raise InvalidInput(name, "must be given once")


def limit(text: str) -> int:
    """A whole number; the service judges its range."""
    # `int` alone would also take "1_0" and the digits of other scripts.
    if not (text.isascii() and text.lstrip("-").isdigit() and len(text) <= 10):
        raise InvalidInput("limit", f"must be a whole number from 1 to 100, not {text!r:.40}")
    return int(text)


def keys(name: str, given: Any) -> list[str]:
    """A list that is short enough; the service judges each key."""
    if not isinstance(given, list) or len(given) > MOST_KEYS:
        raise InvalidInput(name, f"must be a list of at most {MOST_KEYS} product keys")
    return given
