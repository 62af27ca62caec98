"""Commands that leave one entry in the log: who at the shell ran what, with which options, and how it ended."""

import getpass
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.management.base import BaseCommand

from recommendations.services import audit

OF_EVERY_COMMAND = {
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}


class AuditedCommand(BaseCommand):
    """A command that changes what the plugin keeps. A shell is trusted, so no permission is asked; it is noted.

    `withheld` names options that are not: they tell of a person.
    """

    withheld: ClassVar[Sequence[str]] = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        ended = "failed"
        try:
            output = super().execute(*args, **options)
            ended = "done"
        finally:
            given = {name: value for name, value in options.items() if name not in {*OF_EVERY_COMMAND, *self.withheld}}
            name = type(self).__module__.rpartition(".")[2]
            audit.note_command(name, os_user=os_user(), options=json.dumps(given, default=str), ended=ended)
        return output


def os_user() -> str:
    """Who runs this process, as the operating system names them; "unknown" in a container without names."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
