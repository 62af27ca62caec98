"""What a reading request asks for; each refusal names the parameter and what is allowed."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from django.http import QueryDict

from recommendations.exceptions import InvalidInput
from recommendations.services import serve

MOST_KEYS = 1_000


class Wanted(TypedDict, total=False):
    """What every reading service takes; left out where the request says nothing."""

    limit: int
    placement: str
    exclude: list[str]
    category: str
    diversity: float
    explained: bool


SINGLE = ("limit", "placement", "category", "diversity", "explain")
ALLOWED = (*SINGLE, "exclude")
YES = {"1": True, "true": True, "0": False, "false": False}
MOST_LISTS = 10
DECIMAL = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,20})?")


def from_query(given: QueryDict, *beside: str) -> Wanted:
    """What `Wanted` holds from a query, `exclude` repeated or with commas; `beside` is the caller's.

    Raises
    ------
    InvalidInput : a parameter is unknown, given twice or out of range.
    """
    refuse_unknown(given, (*beside, *ALLOWED))
    wanted = Wanted()
    refuse_repeated(given, (*SINGLE, *beside))
    if "limit" in given:
        wanted["limit"] = limit(str(given["limit"]))
    if "placement" in given:
        wanted["placement"] = str(given["placement"])
    if "category" in given:
        wanted["category"] = str(given["category"])
    if "diversity" in given:
        wanted["diversity"] = diversity(str(given["diversity"]))
    excluded = [key for text in given.getlist("exclude") for key in str(text).split(",") if key]
    if excluded:
        wanted["exclude"] = keys("exclude", excluded)
    if "explain" in given:
        wanted["explained"] = YES[one_of(given, "explain", YES)]
    return wanted


def one_of(given: QueryDict, name: str, allowed: Iterable[str]) -> str:
    """One of these names; the first of them where the request says nothing."""
    names = list(allowed)
    value = given.get(name, names[0])
    if value not in names:
        raise InvalidInput(name, f"must be one of {', '.join(names)}, not {value!r:.40}")
    return str(value)


def from_body(given: Any) -> tuple[list[str], Wanted]:
    """`items`, and beside them what `Wanted` holds, from a JSON object.

    Raises
    ------
    InvalidInput : a field is unknown, missing or out of range.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput("body", "must be a JSON object")
    refuse_unknown(given, ("items", *ALLOWED))
    if "items" not in given:
        raise InvalidInput("items", "is missing: the product keys of the cart")
    return keys("items", given["items"]), _wanted(given)


def from_batch(given: Any) -> tuple[list[serve.Request], bool]:
    """`lists`, 1 to 10 of them, and `distinct`, from a JSON object.

    Raises
    ------
    InvalidInput : a field is unknown, missing or out of range.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput("body", "must be a JSON object")
    refuse_unknown(given, ("lists", "distinct"))
    lists, distinct = given.get("lists"), given.get("distinct", True)
    if not isinstance(lists, list) or not 1 <= len(lists) <= MOST_LISTS:
        raise InvalidInput("lists", f"must be a list of 1 to {MOST_LISTS} lists to make")
    if not isinstance(distinct, bool):
        raise InvalidInput("distinct", "must be true or false")
    return [_one_of_batch(one) for one in lists], distinct


def _one_of_batch(given: Any) -> serve.Request:
    if not isinstance(given, Mapping):
        raise InvalidInput("lists", "each must be a JSON object")
    refuse_unknown(given, ("strategy", "products", *ALLOWED))
    strategy = given.get("strategy")
    if not isinstance(strategy, str):
        raise InvalidInput("strategy", "is missing")
    products = given.get("products")
    return serve.Request(
        strategy=strategy,
        products=[] if products is None else keys("products", products),
        **_wanted(given),
    )


def _wanted(given: Mapping[str, Any]) -> Wanted:
    wanted = Wanted()
    if given.get("limit") is not None:
        wanted["limit"] = given["limit"]
    if given.get("placement") is not None:
        wanted["placement"] = given["placement"]
    if given.get("category") is not None:
        wanted["category"] = given["category"]
    if given.get("diversity") is not None:
        wanted["diversity"] = given["diversity"]
    if given.get("exclude") is not None:
        wanted["exclude"] = keys("exclude", given["exclude"])
    if given.get("explain") is not None:
        if not isinstance(given["explain"], bool):
            raise InvalidInput("explain", "must be true or false")
        wanted["explained"] = given["explain"]
    return wanted


def keys_from_body(given: Any) -> list[str]:
    """`items` alone, from a JSON object; raises as `from_body`."""
    if not isinstance(given, Mapping):
        raise InvalidInput("body", "must be a JSON object")
    refuse_unknown(given, ("items",))
    return keys("items", given.get("items"))


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


def diversity(text: str) -> float:
    """A number in plain decimals; the service judges its range."""
    if DECIMAL.fullmatch(text) is None:
        raise InvalidInput("diversity", f"must be a number from 0 to 1, not {text!r:.40}")
    return float(text)


def keys(name: str, given: Any) -> list[str]:
    """A list that is short enough; the service judges each key."""
    if not isinstance(given, list) or len(given) > MOST_KEYS:
        raise InvalidInput(name, f"must be a list of at most {MOST_KEYS} product keys")
    return given
