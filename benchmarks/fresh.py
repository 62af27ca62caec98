"""Measure work in a process of its own, so that nothing of another measurement is in its time or memory."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ABSENT = 3
"""Exit status of a child that lacks a package."""

Measured = dict[str, str | int | float]


def run(module: str, arguments: Sequence[str], environment: Mapping[str, str], limit_s: float) -> Measured:
    """What the module printed as JSON in a fresh process, or a `note` that says why there is nothing."""
    command = [sys.executable, "-m", module, *arguments]
    try:
        answer = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"note": f"stopped after {limit_s:,.0f} s"}
    if answer.returncode == ABSENT:
        return {"note": "not installed"}
    if answer.returncode:
        return {"note": f"failed: {(answer.stderr.strip().splitlines() or ['without a word'])[-1][:160]}"}
    measured: Measured = json.loads(answer.stdout.splitlines()[-1])
    return measured


def best(work: Callable[[], int], repeats: int) -> Measured:
    """The number that `work` returns, its shortest CPU and wall time, and this process's largest memory so far."""
    times = []
    found = 0
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    return {
        "found": found,
        "cpu_s": min(cpu for cpu, _ in times),
        "wall_s": min(wall for _, wall in times),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
