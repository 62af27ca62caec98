"""The demo starts two processes and leaves none behind."""

import os
import signal
import socket
import sys
import threading
import time

import pytest

from config import demo

SLEEP = "import time; time.sleep(60)"
WITH_A_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "time.sleep({seconds}); sys.exit(3)"
)


@pytest.fixture
def said(monkeypatch):
    words = []
    monkeypatch.setattr(demo, "_say", words.append)
    return words


@pytest.fixture
def run_demo(monkeypatch, said):
    """Run the demo with these programs in place of web server and worker; its children are kept."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    started = []
    start = demo._start

    def keep(command):
        started.append(start(command))
        return started[-1]

    def run(*programs):
        monkeypatch.setattr(sys, "argv", ["demo", "--port", "1"])
        monkeypatch.setattr(demo, "_prepare", lambda: None)
        monkeypatch.setattr(demo, "_wait_for", lambda *_: None)
        monkeypatch.setattr(demo, "_greet", lambda _: None)
        monkeypatch.setattr(demo, "_start", keep)
        monkeypatch.setattr(demo, "_commands", lambda _: [[sys.executable, "-c", program] for program in programs])
        return demo.main(), started

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)
    for process in started:
        if alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)


def alive(group):
    """Whether a process of this group is left, once what was killed has had a moment to go."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


def test_a_port_that_is_taken_is_said_clearly_and_nothing_is_started(monkeypatch, said):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["demo", "--port", str(port)])
        monkeypatch.setattr(demo, "_prepare", lambda: pytest.fail("it went on"))

        assert demo.main() == 1

    assert f"Port {port} is taken" in said[0]
    assert "PORT=8001 make demo" in said[0]


def test_when_one_process_ends_the_rest_are_stopped_and_it_is_named(run_demo, said):
    status, started = run_demo(SLEEP, WITH_A_CHILD.format(seconds=0.5))

    assert status == 1
    assert "ended with status 3; stopping the rest" in said[-1]
    assert "sys.exit(3)" in said[-1]
    assert [alive(process.pid) for process in started] == [False, False]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_stopped_stops_everything_children_of_children_too(run_demo, said, number):
    threading.Timer(1.5, os.kill, [os.getpid(), number]).start()

    status, started = run_demo(SLEEP, WITH_A_CHILD.format(seconds=60))

    assert status == 0
    assert len(started) == 2
    assert [alive(process.pid) for process in started] == [False, False]
