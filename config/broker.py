"""Celery messages as files, each whole before it is seen.

Kombu's filesystem transport creates a message's file and then writes it. A worker that looks in between reads an
empty file and ends ("Unrecoverable error"), which at a message a second happens several times an hour. Here a
message appears under its name in one step.
"""

import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's channel, with messages put by renaming."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # noqa: ARG002
        folder = Path(self.data_folder_out)
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}"
        half = folder / f"{name}.half"
        half.write_text(dumps(payload))
        os.replace(half, folder / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    """Chosen by `CELERY_BROKER_TRANSPORT`."""

    Channel = Channel
