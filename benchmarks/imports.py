"""Import a file of orders into a fresh, throw-away database: `python -m benchmarks.imports --orders FILE ...`.

All further options go to `manage.py import_orders` as they are.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.report import publish

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--orders", type=Path, required=True, help="the file to import")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options, passed_on = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="basketry-bench-") as folder:
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
        arguments = ["import_orders", str(options.orders.resolve()), *passed_on]
        rows = [
            _measured("first import", arguments, environment),
            _measured("import again", arguments, environment),
        ]
    publish("imports", rows, {}, options.json)


def _measured(name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, str | int | float]:
    started = time.perf_counter()
    command = [sys.executable, "manage.py", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 (piped above)
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    found = re.search(r"^lines read\s+([\d,]+)$", printed, re.MULTILINE)
    if process.returncode or found is None:
        raise SystemExit(f"the import failed:\n{printed}")
    lines = int(found[1].replace(",", ""))
    return {
        "name": name,
        "lines": lines,
        "lines_per_s": lines / wall,
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
