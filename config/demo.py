"""`make demo`: the reference shop with real orders, learnt from, with web server and worker, until Ctrl-C.

What is there already is used again, so a second start takes seconds.
"""

import argparse
import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django has to be set up first, here and below)
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, Impression  # noqa: E402
from recommendations.services import outcomes, overview  # noqa: E402
from shop.seeding.visits import record_visits  # noqa: E402

STARTS_WITHIN = 60
STOPS_WITHIN = 10


def main() -> int:
    options = _options()
    if _taken(options.port):
        _say(f"Port {options.port} is taken. Stop what listens there, or choose another: PORT=8001 make demo")
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    started: list[subprocess.Popen[bytes]] = []
    try:
        _prepare()
        started += [_start(command) for command in _commands(options.port)]
        _wait_for(options.port, started)
        if all(process.poll() is None for process in started):
            _greet(options.port)
        while all(process.poll() is None for process in started):
            time.sleep(0.5)
        ended = next(process for process in started if process.poll() is not None)
        _say(f"{shlex.join(map(str, ended.args))} ended with status {ended.returncode}; stopping the rest")  # type: ignore[arg-type]
        return 1
    except KeyboardInterrupt:
        _say("\nStopping ...")
        return 0
    finally:
        _stop(started)


def _prepare() -> None:
    for words, command in (
        ("database", ["migrate", "--verbosity", "0"]),
        ("static files", ["collectstatic", "--no-input", "--verbosity", "0"]),
        ("shop and its orders", ["seed_shop"]),
        ("counts", ["fold"]),
    ):
        _step(words, partial(call_command, *command))
    # Later versions are the worker's, in the background.
    if not _has_version(ArtefactKind.RULES):
        _step("rules", partial(call_command, "mine"))
    if not _has_version(ArtefactKind.NETWORK):
        # A process of its own: torch belongs to no web process and no worker.
        train = [sys.executable, str(settings.BASE_DIR / "manage.py"), "train"]
        _step("network", partial(subprocess.run, train, check=True))
    if not Impression.objects.exists():
        _step("visits", partial(record_visits, now=timezone.now()))
        _step("daily figures", partial(outcomes.refresh, now=timezone.now(), everything=True))


def _has_version(kind: ArtefactKind) -> bool:
    """Whether there is a version already, be it a refused one."""
    return Artefact.objects.filter(kind=kind).exclude(status=ArtefactStatus.BUILDING).exists()


def _step(words: str, work: Callable[[], object]) -> None:
    begun = time.monotonic()
    _say(f"* {words} ...")
    work()
    _say(f"  {words}: {time.monotonic() - begun:.1f} s")


def _commands(port: int) -> Sequence[Sequence[str]]:
    web = f"gunicorn config.wsgi -b 127.0.0.1:{port} -w 2 --threads 4 --log-level warning --no-control-socket"
    worker = "celery -A config -q worker -B --concurrency 2 --purge --loglevel WARNING"
    return [[sys.executable, "-m", *words.split()] for words in (web, worker)]


def _start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl-C reaches this process alone, which then stops them in order. Told to stop, the
    # worker ends a training that is at work; its row says that it is to be had again.
    environment = {**os.environ, "REMAP_SIGTERM": "SIGQUIT"}
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)  # noqa: S603


def _stop(started: Sequence["subprocess.Popen[bytes]"]) -> None:
    for process in started:
        process.terminate()
    for process in started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOPS_WITHIN)
        # Whatever of its session is left by now, it is not asked again.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _wait_for(port: int, started: Sequence["subprocess.Popen[bytes]"]) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while all(process.poll() is None for process in started):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except OSError as error:
            if time.monotonic() > ends:
                _say(f"The shop does not answer after {STARTS_WITHIN} s: {error}")
                return
            time.sleep(0.3)


def _greet(port: int) -> None:
    logins = json.loads((settings.VAR / "demo.json").read_text())
    learnt = overview.learnt()
    _say(f"\nThe shop is open: http://127.0.0.1:{port}/   admin: http://127.0.0.1:{port}/admin/")
    for who, login in logins.items():
        _say(f"  {who:<8} {login['username']}  password {login['password']}")
    _say(
        f"Learnt from {learnt.orders:,} orders of {learnt.items:,} items: "
        f"{learnt.pairs:,} pairs, {learnt.rules:,} rules."
    )
    if learnt.network:
        _say(
            f"Network: NDCG@10 on the latest orders {learnt.network['ndcg_10']:.3f}, bought again "
            f"{learnt.network['ndcg_10_repeat']:.3f}, most popular {learnt.network['ndcg_10_most_popular']:.3f}."
        )
    else:
        _say("Network: none was good enough to serve yet; it is trained again with the next orders.")
    for sentence in overview.strongest_rules(most=3, now=timezone.now()):
        _say(f"  {sentence}")
    _say("Ctrl-C stops everything.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    return parser.parse_args()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
