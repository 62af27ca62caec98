"""Statements that come again and again: PostgreSQL keeps their plans."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def planned_once(connection: Any) -> Iterator[Any]:
    """A cursor for statements that come again and again: PostgreSQL parses and plans a text once for each connection.

    As any other cursor where that is not to be had: on another database or driver, where a connection lasts for one
    request, and behind a pooler that shares connections, of which Django is told by `DISABLE_SERVER_SIDE_CURSORS` and
    psycopg by a `prepare_threshold` of None.
    """
    with connection.cursor() as cursor:
        if _keeps_plans(connection):
            cursor.cursor = _Planned(connection.Database.Cursor(connection.connection))
        yield cursor


class _Planned:
    """A cursor of psycopg that prepares whatever it executes."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        connection = self._cursor.connection
        usual, connection.prepare_threshold = connection.prepare_threshold, 0  # Django's None forbids any
        try:
            return self._cursor.execute(statement, parameters)
        finally:
            connection.prepare_threshold = usual

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _keeps_plans(connection: Any) -> bool:
    told = connection.settings_dict
    is_kept = told.get("CONN_MAX_AGE") != 0 or told["OPTIONS"].get("pool")
    return bool(
        connection.vendor == "postgresql"
        and hasattr(connection.Database, "ClientCursor")
        and is_kept
        and told["OPTIONS"].get("prepare_threshold", 0) is not None
        and not told.get("DISABLE_SERVER_SIDE_CURSORS")
    )
