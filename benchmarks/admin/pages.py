"""Within an instance: every page of the plugin's admin, as staff ask for it."""

import re
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from benchmarks.admin.shop import STAFF
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
    "shopper": ("q=anon:00000000-0000-0000-0000-000000000011", "consent__exact=granted"),
    "paircount": ("q=item-17",),
}
"""What the lists are searched and filtered by."""


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
    """The figures of each page; the slowest one is the first.

    Raises
    ------
    RuntimeError : a page does not answer.
    """
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(get_user_model().objects.get(username=STAFF))
    rows = [_measured(client, name, address, times) for name, address in addresses()]
    return sorted(rows, key=lambda row: -float(row["median_ms"]))


def addresses() -> Iterator[tuple[str, str]]:
    """Each list, alone and searched, the page of its newest row, and the views beside it."""
    for model, one in admin.site._registry.items():
        if model._meta.app_label != "recommendations":
            continue
        name = str(model._meta.model_name)
        listed = reverse(f"admin:recommendations_{name}_changelist")
        yield f"{name} list", listed
        for words in SEARCHED.get(name, ()):
            yield f"{name} list, {words}", f"{listed}?{words}"
        newest = _row_of(model)
        if newest is not None:
            yield f"{name} page", reverse(f"admin:recommendations_{name}_change", args=[newest])
        for page in getattr(one, "pages", tuple)():
            for arguments in ([], [newest]):
                try:
                    yield f"{name} {page.name}", reverse(f"admin:recommendations_{name}_{page.name}", args=arguments)
                except NoReverseMatch:
                    continue
                break


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
        if answer.status_code not in {200, 302, 405}:
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
