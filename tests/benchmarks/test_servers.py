import os
import sys

import pytest

from benchmarks.servers import Program, children, command_line, wait_until

WITH_A_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "time.sleep(60)"
)


def alive(pid):
    return bool(command_line(pid))


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_program_ends_with_all_it_started_and_can_be_started_again(tmp_path, end):
    program = Program("parent", [sys.executable, "-c", WITH_A_CHILD], os.environ, tmp_path / "log")
    with program:
        wait_until(lambda: children(program.pid), "it has a child", within=10)
        (child,) = children(program.pid)
        getattr(program, end)()
        assert not program.running()
        wait_until(lambda: not alive(child), "the child is gone", within=10)
        program.start()
        assert (program.running(), program.starts) == (True, 2)
    assert not program.running()


def test_a_program_that_ends_says_its_last_words(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('no such option')"]
    with Program("hasty", command, os.environ, tmp_path / "log") as program, pytest.raises(SystemExit, match="no such"):
        program.stays(10)


def test_what_never_comes_true_is_not_waited_for_forever():
    with pytest.raises(TimeoutError, match="pigs fly"):
        wait_until(lambda: False, "pigs fly", within=0.1)
