"""A throw-away instance of the reference shop: its own database, messages and artefacts, migrated and empty."""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any

import django

from benchmarks.servers import ROOT, Postgres, Program, Redis

CALLED_WITHIN = 3_600
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
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(_call, dict(self.environment), function, arguments).result(CALLED_WITHIN)


@contextmanager
def instance(
    database: str, recommendations: Mapping[str, Any] | None = None, *, keep: Path | None = None
) -> Iterator[Instance]:
    """Make one on SQLite (messages are files), or on a PostgreSQL and a Redis of its own; remove it at the end.

    Parameters
    ----------
    recommendations : settings of the plugin that differ from the benchmarks' own.
    keep : a folder in which it stays for the next time; None: none.
    """
    # Told to stop, a benchmark unwinds as after Ctrl-C: no server is left.
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack:
        folder = keep / database if keep else Path(stack.enter_context(_temporary()))
        folder.mkdir(parents=True, exist_ok=True)
        cluster = folder / "cluster" if keep else None
        postgres = stack.enter_context(Postgres(keep=cluster)) if database == "postgresql" else None
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


def _temporary() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="basketry-bench-")


def _call(environment: Mapping[str, str], function: str, arguments: tuple[Any, ...]) -> Any:
    os.environ.update(environment)
    django.setup()
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(*arguments)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)
