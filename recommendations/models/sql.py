"""Statements of our own: many rows as one source or condition."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from recommendations.models import database


def source(connection: Any, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """Rows as something to select from, one parameter however many there are.

    Parameters
    ----------
    columns : (name, PostgreSQL type) of each column; on SQLite the target column's affinity decides.
    rows : values as the database takes them, in the columns' order.

    Returns
    -------
    The SQL of a table expression and its parameters.
    """
    names = [name for name, _ in columns]
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for _, kind in columns)
        return f"unnest({arrays}) AS given({', '.join(names)})", [
            [row[number] for row in rows] for number in range(len(columns))
        ]
    picked = ", ".join(f"json_extract(value, '$[{number}]') AS {name}" for number, name in enumerate(names))
    return f"(SELECT {picked} FROM json_each(%s)) AS given", [  # noqa: S608 (our own column names)
        json.dumps([list(row) for row in rows])
    ]


def among(connection: Any, column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
    """An SQL condition that the column is one of the ids, and its parameters.

    On PostgreSQL the text is the same however many there are, so that a kept plan serves all.
    """
    if connection.vendor != "postgresql" or not ids:
        return f"{column} IN ({', '.join(['%s'] * len(ids)) or 'NULL'})", list(ids)
    # As the text of an array: of a list the largest would decide the type, and the type which plan there is.
    return f"{column} = ANY(CAST(%s AS bigint[]))", [f"{{{','.join(map(str, ids))}}}"]


def insert(
    model: type[models.Model],
    fields: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unique: Sequence[str] = (),
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert rows in one statement; where `unique` is given, rows that exist already are left as they are.

    Returns
    -------
    The `returning` columns of the rows that were inserted, and of those alone.
    """
    connection = database.connection()
    meta = model._meta
    targets: list[Any] = [meta.get_field(name) for name in fields]
    given = list(zip(*rows, strict=True))
    if not given:
        return []
    prepared = list(
        zip(
            *(_prepared(target, values, connection) for target, values in zip(targets, given, strict=True)), strict=True
        )
    )
    columns = [(str(target.column), str(target.db_type(connection)).split("(")[0]) for target in targets]
    table, parameters = source(connection, columns, prepared)
    names = ", ".join(f'"{name}"' for name, _ in columns)
    statement = f'INSERT INTO "{meta.db_table}" ({names}) SELECT {names} FROM {table} WHERE true'  # noqa: S608
    if unique:
        keys = ", ".join(f'"{_column(model, name)}"' for name in unique)
        statement += f" ON CONFLICT ({keys}) DO NOTHING"
    if returning:
        statement += " RETURNING " + ", ".join(f'"{_column(model, name)}"' for name in returning)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if returning else []


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return str(field.column)


def _prepared(target: Any, values: Sequence[Any], connection: Any) -> Sequence[Any]:
    """A column's values as the database takes them; numbers and texts are so already, which saves most of the time."""
    kinds = set(map(type, values)) - {type(None)}
    if not kinds or (kinds == {int} and not isinstance(target, models.JSONField)):
        return values
    if kinds == {str} and isinstance(target, models.CharField):
        return values
    prepared = [target.get_db_prep_save(value, connection) for value in values]
    return [_plain(value) for value in prepared] if connection.vendor == "sqlite" else prepared


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | type(None)) else str(value)
