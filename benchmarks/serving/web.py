"""gunicorn on an instance, and what its workers take: memory of their own, time of the processors."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.instances import Instance
from benchmarks.servers import Program, answers, children, free_port, wait_until

TICKS = os.sysconf("SC_CLK_TCK")
FORBIDDEN = ("libtorch", "/pandas/", "/mlxtend/")


class Web(Program):
    """A web server of some workers; `recommendations` are settings of the plugin."""

    def __init__(self, made: Instance, name: str, workers: int, threads: int, recommendations: str) -> None:
        self.port = free_port()
        environment = {
            **made.environment,
            "DJANGO_SETTINGS_MODULE": "benchmarks.serving.settings",
            "BENCH_RECOMMENDATIONS": recommendations,
        }
        bound = ["--bind", f"127.0.0.1:{self.port}", "--workers", str(workers), "--threads", str(threads)]
        command = [*made.program(name).command, "-m", "gunicorn", "config.wsgi", *bound, "--backlog", "2048"]
        super().__init__(name, command, environment, made.folder / f"{name}.log")
        self._count = workers

    def start(self) -> None:
        super().start()
        wait_until(lambda: answers(self.port) and len(self.workers()) == self._count, f"{self.name} answers")

    def workers(self) -> list[int]:
        return children(self.pid)

    def memory(self) -> "list[Memory]":
        return [Memory.of(pid) for pid in self.workers()]

    def loaded(self) -> list[str]:
        """Which of the packages that no web server may import are in a worker."""
        maps = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in self.workers())
        return [name for name in FORBIDDEN if name in maps]


@dataclass(frozen=True, slots=True)
class Memory:
    """Of a process, in MB: all, with what is shared divided by who shares it, and what it alone has.

    `anonymous_mb` is what is no file's: without mapped artefacts and libraries.
    """

    rss_mb: float
    pss_mb: float
    uss_mb: float
    anonymous_mb: float

    @classmethod
    def of(cls, pid: int) -> "Memory":
        rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        kb = {row[0].rstrip(":"): int(row[1]) for row in rows}
        own = kb["Private_Clean"] + kb["Private_Dirty"]
        return cls(*(size * 1_024 / 1e6 for size in (kb["Rss"], kb["Pss"], own, kb["Anonymous"])))


def cpu_s(pids: Iterable[int]) -> dict[int, float]:
    """Processor time that each of these processes took so far."""
    taken = {}
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        taken[pid] = (int(fields[11]) + int(fields[12])) / TICKS
    return taken


def since(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Processor time between two readings of `cpu_s`; a process that began meanwhile counts from its beginning."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
