"""Within an instance: what is asked of the database for a list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.test import Client

from benchmarks.serving.wrk import Request

SAMPLE = 50


class Queries:
    """Counts statements on the plugin's tables and on others, as they pass Django's `execute_wrapper`."""

    def __init__(self) -> None:
        self.own, self.others = 0, 0

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if '"recommendations_' in sql:
            self.own += 1
        else:
            self.others += 1
        return execute(sql, *arguments)


def queries(asked: Mapping[str, Sequence[Request]]) -> dict[str, tuple[int, int]]:
    """By placement the most statements that one of these requests cost: of the plugin, and of the shop's own.

    Raises
    ------
    RuntimeError : an answer is none.
    """
    return {name: _most(some[:SAMPLE]) for name, some in asked.items()}


def _most(requests: Sequence[Request]) -> tuple[int, int]:
    client = Client(SERVER_NAME="127.0.0.1")
    most = (0, 0)
    # The first one loads what a process keeps.
    for number, (path, body, cookie) in enumerate([requests[0], *requests]):
        client.cookies.load(cookie)
        counted = Queries()
        with connection.execute_wrapper(counted):
            answer = client.post(path, body, content_type="application/json") if body else client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.content[:500]!r}")
        if number:
            most = (max(most[0], counted.own), max(most[1], counted.others))
    return most
