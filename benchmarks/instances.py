"""A throw-away instance of the reference shop: its own database, messages and artefacts, migrated and empty."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import django

from benchmarks.servers import ROOT, Postgres, Program, Redis

DATABASES = ("sqlite", "postgresql")

WORKERS: Mapping[str, list[str]] = {
    "celery": [*["-m", "celery", "-A", "config", "worker", "-B", "--concurrency", "2", "--loglevel", "WARNING"]],
    "work": ["manage.py", "work"],
}
"""What folds and runs jobs in the background, as arguments of the interpreter."""


@dataclass(frozen=True, slots=True)
class Instance:
    """Where an instance is: every program that gets its environment works on it."""

    database: str
    folder: Path
    environment: Mapping[str, str]
    postgres: Postgres | None = None
    redis: Redis | None = None

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; what it printed.

        Raises
        ------
        SystemExit : it failed; the message has its words.
        """
        command = [sys.executable, "manage.py", *arguments]
        ended = subprocess.run(
            command, cwd=ROOT, env=dict(self.environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if ended.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{ended.stdout}")
        return ended.stdout

    def program(self, name: str, *arguments: str) -> Program:
        """A program of our interpreter on this instance, not started yet."""
        return Program(name, [sys.executable, *arguments], self.environment, self.folder / f"{name}.log")

    def call(self, function: str, *arguments: Any) -> Any:
        """Call `module:function` in a fresh interpreter that has Django set up on this instance."""
        with ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_set_up, initargs=(dict(self.environment),)
        ) as pool:
            return pool.submit(_call, function, arguments).result()


@contextmanager
def instance(database: str, recommendations: Mapping[str, Any] | None = None) -> Iterator[Instance]:
    """Make one on SQLite (messages are files), or on a PostgreSQL and a Redis of its own; remove it at the end.

    Parameters
    ----------
    recommendations : settings of the plugin that differ from the benchmarks' own.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="basketry-bench-")))
        postgres = stack.enter_context(Postgres()) if database == "postgresql" else None
        redis = stack.enter_context(Redis(folder)) if database == "postgresql" else None
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "DATABASE_URL": postgres.url if postgres else f"sqlite:///{folder / 'bench.sqlite3'}",
            "REDIS_URL": redis.url if redis else "",
            "VAR_DIR": str(folder),
            "STORE_DIR": str(folder / "artefacts"),
            "REMAP_SIGTERM": "SIGQUIT",
            "BENCH_RECOMMENDATIONS": json.dumps(dict(recommendations or {})),
        }
        made = Instance(database, folder, environment, postgres, redis)
        made.manage("migrate", "-v0")
        yield made


def _set_up(environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    django.setup()


def _call(function: str, arguments: tuple[Any, ...]) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(*arguments)
