"""What a run tells: its progress, and the warnings that any logger of its process has meanwhile."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import Error
from django.utils import timezone

from recommendations.models import JobLog, LogLevel, database

KEPT = 500
"""Lines of a run, the newest."""

LONGEST_LINE = 500
LOOK_AFTER = 50
"""Lines that are written before the older ones are deleted again."""


@contextmanager
def kept(job_id: int) -> Iterator[Callable[[str], None]]:
    """While it lasts, what the yielded function is given and what any logger warns of are lines of the run's log.

    A warning within a transaction waits for the next line or the end: it must outlive what is rolled back. A database
    that does not answer loses lines, never the work.
    """
    lines = _Lines(job_id)
    root = logging.getLogger()
    root.addHandler(lines)
    try:
        yield lines.tell
    finally:
        root.removeHandler(lines)
        lines.write()


class _Lines(logging.Handler):
    """Lines on their way to the table."""

    def __init__(self, job_id: int) -> None:
        super().__init__(logging.WARNING)
        self._job_id = job_id
        self._waiting: deque[JobLog] = deque(maxlen=KEPT)
        self._written = 0
        self._writing = threading.Lock()

    def tell(self, message: str) -> None:
        self._add(LogLevel.INFO, message, timezone.now())
        self.write()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._keep(record)
        except Exception:  # noqa: BLE001 (a handler that raised would fail the work that only warned)
            self.handleError(record)

    def _keep(self, record: logging.LogRecord) -> None:
        level = LogLevel.ERROR if record.levelno >= logging.ERROR else LogLevel.WARNING
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            message += f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
        self._add(level, message, datetime.fromtimestamp(record.created, UTC))
        if not database.connection().in_atomic_block:
            self.write()

    def _add(self, level: LogLevel, message: str, at: datetime) -> None:
        text = message.replace("\x00", "")[:LONGEST_LINE]
        self._waiting.append(JobLog(job_id=self._job_id, at=at, level=level, text=text))

    def write(self) -> None:
        """Write what waits; what a second thread has meanwhile, or the database refuses, waits on."""
        if not self._writing.acquire(blocking=False):
            return
        try:
            lines = list(self._waiting)
            if not lines:
                return
            with database.savepoints():
                JobLog.objects.bulk_create(lines)
            for _ in lines:
                self._waiting.popleft()
            if self._written % LOOK_AFTER == 0 or len(lines) > 1:
                self._forget()
            self._written += len(lines)
        except Error:
            pass
        finally:
            self._writing.release()

    def _forget(self) -> None:
        own = JobLog.objects.filter(job_id=self._job_id).order_by("-id")
        first = own.values_list("pk", flat=True)[KEPT : KEPT + 1].first()
        if first is not None:
            own.filter(pk__lte=first).delete()
