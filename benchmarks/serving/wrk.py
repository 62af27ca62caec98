"""Load over HTTP by wrk: so many connections, each asking for something at random as soon as it is answered."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Request = tuple[str, str, str]
"""Path, body and cookie; without a body it is a GET."""

SCRIPT = """
local requests, sent = {{}}, 0
function init(args)
  math.randomseed({seed})
  wrk.headers["Host"] = "127.0.0.1"
{lines}
end
function request()
  return requests[math.random(#requests)]
end
function done(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '\\n{{"requests": %d, "seconds": %f, "p50_ms": %f, "p95_ms": %f, "p99_ms": %f, "failed": %d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a load came to; `failed` are errors of connections and answers of 400 and more."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failed: int


def script(requests: Sequence[Request], seed: int) -> str:
    """A wrk script that asks for these in random turn."""
    return SCRIPT.format(seed=seed, lines="\n".join(map(_line, requests)))


def put(script_file: Path, port: int, *, connections: int, seconds: float) -> Answered:
    """Put the load on a server of this machine.

    Raises
    ------
    SystemExit : wrk is missing or failed.
    """
    if shutil.which("wrk") is None:
        raise SystemExit("wrk was not found: install Debian's wrk to run this benchmark")
    options = ["-t1", f"-c{connections}", f"-d{max(round(seconds), 1)}s", "--timeout", "10s", "-s", str(script_file)]
    ended = subprocess.run(["wrk", *options, f"http://127.0.0.1:{port}/"], capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"wrk failed:\n{ended.stdout}{ended.stderr}")
    return parsed(ended.stdout)


def parsed(output: str) -> Answered:
    """What the script's last line says."""
    return Answered(**json.loads(output.strip().splitlines()[-1]))


def _line(request: Request) -> str:
    path, body, cookie = request
    headers = [f'["Cookie"] = {json.dumps(cookie)}'] if cookie else []
    headers += ['["Content-Type"] = "application/json"'] if body else []
    method, told = ("POST", json.dumps(body)) if body else ("GET", "nil")
    return f'  requests[#requests + 1] = wrk.format("{method}", {json.dumps(path)}, {{{", ".join(headers)}}}, {told})'
