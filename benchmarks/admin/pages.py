"""Within an instance: every page of the plugin's admin, as staff ask for it."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from benchmarks.admin.shop import BUSY, STAFF
from benchmarks.report import Figures
from recommendations.models import Item, Rule, Shopper

LIMITED = re.compile(r"\bLIMIT \d+\)", re.IGNORECASE)

SEARCHED = {
    "rule": ("q=Product 17", "kind=complement&confidence__gte=0.2&lift__lte=50", "decision=rejected", "review=waiting"),
    "item": ("q=item-17", "q=Product 17"),
    "order": ("q=history-77", "status__exact=placed"),
    "orderline": ("q=item-17",),
    "browselog": ("q=item-17", "kind__exact=click"),
    "impression": ("q=anon:00000000-0000-0000-0000-000000000011",),
    "shopper": (
        "q=anon:00000000-0000-0000-0000-000000000011",
        "q=history-77",
        "q=nobody@example.com",
        "consent__exact=granted",
    ),
    "paircount": ("q=item-17",),
}
"""What the lists are searched and filtered by."""

POSTED = {"cancel", "again", "recompute"}
"""Views that answer to POST alone."""

FILES = ("export_csv", "export_xlsx")
"""Of all rules: no pages, so asked for once and timed apart."""

NEEDS_WORDS = {"apart"}
"""Views that are about something always."""


class Statements:
    """Notes what passes Django's `execute_wrapper`, and how long it took."""

    def __init__(self) -> None:
        self.number, self.seconds, self.counted_whole = 0, 0.0, False

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, *arguments)
        finally:
            self.seconds += time.perf_counter() - began
            self.number += 1
            self.counted_whole |= "COUNT(*)" in sql.upper() and " WHERE " not in sql and not LIMITED.search(sql)


def measure(times: int) -> list[Figures]:
    """The figures of each page, the slowest one first, and of each file.

    Raises
    ------
    RuntimeError : a page does not answer.
    """
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(get_user_model().objects.get(username=STAFF))
    rows = [_measured(client, name, address, times) for name, address in addresses()]
    written = [_written(client, name, address) for name, address in files()]
    return [*sorted(rows, key=lambda row: -float(row["median_ms"])), *written]


def addresses() -> Iterator[tuple[str, str]]:
    """Each list, alone and searched, the page of its newest row, and the views beside it, alone and asked."""
    for model, one in admin.site._registry.items():
        if model._meta.app_label != "recommendations":
            continue
        name = str(model._meta.model_name)
        asked = _asked(name)
        listed = reverse(f"admin:recommendations_{name}_changelist")
        yield f"{name} list", listed
        for words in SEARCHED.get(name, ()):
            yield f"{name} list, {words}", f"{listed}?{words}"
        newest = _row_of(model)
        if newest is not None:
            yield f"{name} page", reverse(f"admin:recommendations_{name}_change", args=[newest])
        for page in getattr(one, "pages", tuple)():
            if page.name in POSTED or page.name in FILES:
                continue
            address = _address_of(f"admin:recommendations_{name}_{page.name}", newest)
            if address is None:
                continue
            if page.name not in NEEDS_WORDS:
                yield f"{name} {page.name}", address
            for words in asked.get(page.name, ()):
                yield f"{name} {page.name}, {words}", f"{address}?{words}"


def files() -> Iterator[tuple[str, str]]:
    """What staff take with them of all rules."""
    for name in FILES:
        address = _address_of(f"admin:recommendations_rule_{name}", None)
        if address is not None:
            yield f"rule {name}", address


def _address_of(view: str, newest: int | None) -> str | None:
    """Where the view is, of all rows or of this one; None for one of a row where there is no row."""
    for arguments in ([], [newest]):
        try:
            return reverse(view, args=arguments)
        except NoReverseMatch:
            continue
    return None


def _asked(model: str) -> Mapping[str, Sequence[str]]:
    """What the views beside a list are asked for, by their name: typical choices of their forms."""
    today = timezone.localdate()
    half_year = urlencode({"range": "custom", "since": today - timedelta(days=179), "until": today})
    rule = _row_of(Rule)
    words: dict[str, dict[str, Sequence[str]]] = {
        "rule": {
            "graph": ("product=item-17", "kind=complement&least_orders=20&most=150", "product=Product+17"),
            "graph_products": ("q=Product+17",),
            "matrix": ("show=weighted_lift", "standing=undecided"),
            "scatter": ("sample=random", "x=lift&y=confidence&sample=confidence&standing=waiting"),
            "scatter_rules": (urlencode({"ids": ",".join(str(pk) for pk in _rule_ids())}),),
            "decide": (f"rule={rule}",),
            "apart": (f"rule={rule}",),
        },
        "placement": {
            "dashboard": ("range=28", half_year, "placement=cart&range=28", f"item=1&{half_year}", "product=item-17"),
            "preview": ("products=item-17", f"shopper={BUSY}"),
            "compare": ("products=item-17&strategy=popular&limit=12&bought_before=keep",),
            "products": ("words=Product+17",),
        },
        "manualrule": {"products": ("term=Product+17",)},
        "shopper": {"person": tuple(f"part={part}" for part in ("shown", "events", "orders", "ratings", "now"))},
    }
    return words.get(model, {})


def _rule_ids() -> list[int]:
    return list(Rule.objects.live().order_by("-orders").values_list("pk", flat=True)[:50])


def _row_of(model: Any) -> int | None:
    """What is bought most, or by whom, where it matters; else the newest row."""
    if model is Item or model is Shopper:
        return 1
    rows = Rule.objects.live() if model is Rule else model._default_manager.all()
    return rows.order_by("-pk").values_list("pk", flat=True).first()


def _measured(client: Client, name: str, address: str, times: int) -> Figures:
    took, statements = [], Statements()
    for _ in range(times + 1):
        statements = Statements()
        began = time.perf_counter()
        with connection.execute_wrapper(statements):
            answer = client.get(address)
            size = len(b"".join(answer) if answer.streaming else answer.content)
        took.append(1e3 * (time.perf_counter() - began))
        if answer.status_code not in {200, 302}:
            raise RuntimeError(f"{address} answered {answer.status_code}")
    return {
        "name": name,
        "median_ms": median(took[1:]),
        "first_ms": took[0],
        "database_ms": 1e3 * statements.seconds,
        "statements": statements.number,
        "counts_whole_table": "yes" if statements.counted_whole else "no",
        "kb": size / 1e3,
    }


def _written(client: Client, name: str, address: str) -> Figures:
    """A file, asked for once: when its first piece came, and the whole."""
    began = time.perf_counter()
    answer = client.get(address)
    pieces = answer.streaming_content if answer.streaming else iter([answer.content])
    size = len(next(pieces))
    first = time.perf_counter() - began
    size += sum(map(len, pieces))
    return {"name": name, "first_ms": 1e3 * first, "whole_s": time.perf_counter() - began, "kb": size / 1e3}
