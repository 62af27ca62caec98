"""A pytest plugin, `-p tests.postgres`: runs the tests on a throw-away PostgreSQL server of their own.

The server is started before Django reads its settings, as an unprivileged user, and is gone at the end.
"""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

OWNER = "postgres" if os.geteuid() == 0 else None
"""PostgreSQL refuses to run as root: root hands it to this user."""


def _binaries() -> Path | None:
    """The folder of initdb and pg_ctl, the newest version first."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    found = shutil.which("initdb")
    folders = [*versions, *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _run(*command: object) -> None:
    as_owner = ["setpriv", "--reuid", OWNER, "--regid", OWNER, "--init-groups"] if OWNER else []
    subprocess.run(  # noqa: S603 (PostgreSQL's own programs)
        [*as_owner, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/"
    )


def _start(binaries: Path) -> str:
    folder = Path(tempfile.mkdtemp(prefix="basketry-postgres-"))
    if OWNER:
        shutil.chown(folder, OWNER)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    _run(binaries / "initdb", "-D", data, "-A", "trust", "-U", "tests", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
    atexit.register(_stop, binaries, folder)
    _run(binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    return f"postgres://tests@127.0.0.1:{port}/postgres"


def _stop(binaries: Path, folder: Path) -> None:
    try:
        _run(binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


folder = _binaries()
if "PYTEST_XDIST_WORKER" in os.environ:
    # One of several that run side by side: the server is the one that started them, the database its own.
    pass
elif folder is not None:
    os.environ["TEST_POSTGRES_URL"] = _start(folder)
elif os.environ.get("CI") == "true":
    raise pytest.UsageError("PostgreSQL's initdb was not found; in CI these tests must not skip")
else:
    pytest.exit("PostgreSQL's initdb was not found: install Debian's postgresql to run these tests", returncode=0)
