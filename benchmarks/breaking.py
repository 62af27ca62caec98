"""Break one thing at a time in a running shop, and start again whatever died."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from benchmarks.servers import Postgres, Program, Redis, answers, children, command_line, wait_until

EVERY = (0.8, 3.2)
"""Seconds between two faults, at random."""

WEB_WORKERS = 2
TRIES = 200
JOB_WITHIN = 6
JOB_TAKES = 6
"""Seconds, on two cores that do much else: torch's start takes half of them."""


class Supervisor(threading.Thread):
    """Starts each program that ended again, as a host's process manager does."""

    def __init__(self, programs: Sequence[Program]) -> None:
        super().__init__(name="supervisor", daemon=True)
        self._programs, self._ended = programs, threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            for program in self._programs:
                if not program.running() and not self._ended.is_set():
                    with suppress(TimeoutError):
                        program.start()

    def end(self) -> None:
        self._ended.set()
        self.join()


class Breaker:
    """Kills -9, each time something chosen at random; `killed` counts what."""

    def __init__(self, web: Program, fold: Program, jobs: Program, redis: Redis, postgres: Postgres, seed: int) -> None:
        self._web, self._fold, self._jobs, self._redis, self._postgres = web, fold, jobs, redis, postgres
        self._chance = random.Random(seed)  # noqa: S311 (chosen faults)
        self.killed: Counter[str] = Counter()

    def break_things(self, faults: int, tell: Callable[[str], None]) -> None:
        """So many faults; one whose victim is not there at this moment is drawn again."""
        kinds = [self._web_worker, self._fold_worker, self._jobs_worker, self._broker, self._backend]
        for _ in range(faults * TRIES):
            if self.killed.total() == faults:
                return
            time.sleep(self._chance.uniform(*EVERY))
            victim = self._chance.choice(kinds)()
            if victim:
                self.killed[victim] += 1
                tell(f"{self.killed.total()} of {faults}: {victim}")
        raise TimeoutError(f"only {self.killed.total()} of {faults} faults found a victim")

    def _web_worker(self) -> str:
        workers = children(self._web.pid)
        if not workers:
            return ""
        _kill(self._chance.choice(workers))
        wait_until(lambda: len(children(self._web.pid)) == WEB_WORKERS, "gunicorn has its workers again")
        return "web_worker"

    def _fold_worker(self) -> str:
        return _kill_group(self._fold) and "fold_worker"

    def _jobs_worker(self) -> str:
        """Half of the times a job is waited for and struck at any moment of it, its publication included."""
        if self._chance.random() < 0.5:
            with suppress(TimeoutError):
                wait_until(self._works, "a job is at work", within=JOB_WITHIN)
                time.sleep(self._chance.uniform(0, JOB_TAKES))
        works = self._works()
        return _kill_group(self._jobs) and ("jobs_worker_at_work" if works else "jobs_worker")

    def _works(self) -> bool:
        return any("run_job" in command_line(pid) for pid in _descendants(self._jobs.pid))

    def _broker(self) -> str:
        killed = _kill_group(self._redis)
        wait_until(lambda: answers(self._redis.port), "Redis answers again")
        return killed and "redis"

    def _backend(self) -> str:
        """One killed backend makes PostgreSQL end all others and recover from its log."""
        backends = self._postgres.backends()
        if not backends:
            return ""
        _kill(self._chance.choice(backends))
        return "postgresql_backend"


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _kill_group(program: Program) -> str:
    """Kill all of it and wait for the supervisor; empty where it was not running."""
    if not program.running():
        return ""
    starts = program.starts
    program.kill()
    wait_until(lambda: program.starts > starts, f"{program.name} is started again")
    return program.name


def _descendants(pid: int) -> list[int]:
    found = children(pid)
    return [*found, *(deeper for child in found for deeper in _descendants(child))]
