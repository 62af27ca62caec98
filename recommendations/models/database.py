"""Where the plugin's rows live: all of them in one database, which is read too wherever being late would be wrong.

A host's router may send reads to a replica. Counts, leases, consent and live pointers must not be late, so the
managers here read where the router writes; `on_replica` is for the few reads that may lag behind.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ParamSpec, TypeVar

from django.apps import apps
from django.db import connections, models, router, transaction

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)


def alias() -> str:
    """The database that the host's router writes the plugin's orders to."""
    return router.db_for_write(apps.get_model("recommendations", "Order"))


def connection() -> Any:
    """The connection to it."""
    return connections[alias()]


def atomic() -> transaction.Atomic:
    """A transaction there, or a savepoint within the one at hand."""
    return transaction.atomic(using=alias())


def joining(write: Callable[P, R]) -> Callable[P, R]:
    """Run within the caller's transaction, or in one of its own where there is none.

    Not `atomic(savepoint=False)`: that would doom the caller's whole transaction for an error it may catch.
    A write raises what it raises on purpose before its first row, so nothing half-done can remain.
    """

    @functools.wraps(write)
    def joined(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection().in_atomic_block:
            return write(*args, **kwargs)
        with atomic():
            return write(*args, **kwargs)

    return joined


@contextmanager
def savepoints() -> Iterator[None]:
    """A savepoint in each transaction that is open: what fails inside spoils none of them. None open: no query."""
    with ExitStack() as stack:
        for one in connections.all(initialized_only=True):
            if one.in_atomic_block:
                stack.enter_context(transaction.atomic(using=one.alias))
        yield


def on_replica(rows: "models.QuerySet[M, Any]") -> "models.QuerySet[M, Any]":
    """The same rows, read wherever the host's router reads: they may be a moment old."""
    return rows.using(router.db_for_read(rows.model))


class PrimaryManager(models.Manager[M]):
    """Reads where the router writes."""

    def get_queryset(self) -> "models.QuerySet[M, Any]":
        rows = super().get_queryset()
        return rows if self._db else rows.using(router.db_for_write(self.model))


class Row(models.Model):
    """Base of the plugin's models."""

    objects = PrimaryManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
