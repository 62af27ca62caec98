"""A job in a process of its own: its memory is given back when it ends, and torch never meets a fork."""

import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings as django_settings
from django.db import DatabaseError

from recommendations.conf import settings
from recommendations.exceptions import LeaseLost
from recommendations.models import database
from recommendations.services.jobs import Lease

logger = logging.getLogger(__name__)

START_SECONDS = 60
"""The lease is held for the process for so long; by then it beats for itself."""

LOOK_SECONDS = 1.0
STOP_SECONDS = 5
LAST_WORDS = 4_000


def command_of(lease: Lease) -> list[str]:
    """What is started for a run: this interpreter, with the lease handed over."""
    return [sys.executable, "-m", "django", "run_job", str(lease.job_id), "--token", str(lease.token)]


class JobProcess:
    """The process of one run, for whoever supervises it; leaving the `with` block ends it, whatever it does.

    A process that ended without a word has its run failed, with its last words as the error. A worker that is told
    to stop gives the run back. A process whose lease went to another worker (it hung, or this machine slept) is killed.
    """

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._started = self._looked = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and two numbers)
            command_of(lease), env=_environment(), stdin=subprocess.DEVNULL, stdout=self._words, stderr=self._words
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        stopped = self._process.poll() is None
        self._stop()
        status = self._process.returncode
        reason = "the job took too long" if stopped else f"the process ended with {status}"
        self._words.seek(max(self._words.seek(0, os.SEEK_END) - LAST_WORDS, 0))
        last = self._words.read().decode(errors="replace")
        self._words.close()
        # A process that came to its end has said how, and this is refused. Without a database the lease runs out.
        with suppress(LeaseLost), _bearing_the_database():
            if stopped and (kind is None or not issubclass(kind, Exception)):
                self.lease.give_back()
            else:
                self.lease.fail(f"{reason}\n{last}".strip())

    def has_ended(self, *, within: float) -> bool:
        """Wait for the end, at most `within` seconds; meanwhile see to the lease."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._see_to_the_lease()
        return self._process.poll() is not None

    def _see_to_the_lease(self) -> None:
        now = time.monotonic()
        if now < self._looked + min(LOOK_SECONDS, settings.JOB_LEASE_SECONDS / 3):
            return
        self._looked = now
        with _bearing_the_database():
            if now < self._started + START_SECONDS:
                with suppress(LeaseLost):
                    self.lease.renew()
            elif not self.lease.is_held():
                self._stop()

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@contextmanager
def _bearing_the_database() -> Iterator[None]:
    """A database that starts again ends no job: what could not be said is said later, on a new connection."""
    try:
        yield
    except DatabaseError:
        logger.exception("the database did not hear of a job")
        database.connection().close()


def bound_memory() -> None:
    """Let this process's heap grow by JOB_MEMORY_MB at most, so that a runaway job fails alone.

    RLIMIT_DATA counts private writable memory; RLIMIT_AS would count the gigabytes that torch merely maps.
    """
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return
    data_pages = int(statm.read_text().split()[5])
    most = data_pages * resource.getpagesize() + settings.JOB_MEMORY_MB * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _environment() -> dict[str, str]:
    """This process's own settings and import path, wherever it was started from."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE") or str(django_settings.SETTINGS_MODULE)
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return {**os.environ, "DJANGO_SETTINGS_MODULE": module, "PYTHONPATH": paths}
