"""With which parameters mining and training run: what staff chose, else the shop's settings; resolved here alone."""

from collections.abc import Mapping
from typing import Any

from recommendations.desks import DESKS, Chosen
from recommendations.exceptions import InvalidInput
from recommendations.models import Desk, Parameters, database
from recommendations.services import audit


def chosen(desk: Desk) -> Chosen:
    """The parameters of a run that begins now."""
    row = Parameters.objects.filter(desk=desk).first()
    return Chosen(desk) if row is None else Chosen(desk, row.values, row.version)


def versions() -> Mapping[str, int]:
    """By desk, how often staff changed its parameters; without those never changed."""
    return dict(Parameters.objects.values_list("desk", "version"))


def require_allowed(desk: Desk, values: Mapping[str, Any]) -> None:
    """Raise InvalidInput, with the name of the parameter and what is allowed, for the first value that is not."""
    for name, value in values.items():
        if name not in DESKS[desk]:
            raise InvalidInput(name, f"is no parameter of {desk}: {', '.join(DESKS[desk])} are")
        problem = DESKS[desk][name].problem(value)
        if problem:
            raise InvalidInput(name, f"{problem}, not {value!r}")


@database.joining
def change(desk: Desk, values: Mapping[str, Any], *, user: Any) -> Chosen:
    """Choose these parameters from the next run on; what is not named, or is None, is as the shop's settings say.

    A change counts as news: the next run is not skipped for want of it. Nothing is written where nothing changes.

    Raises
    ------
    InvalidInput : a name is unknown or a value out of its range; nothing changed.
    """
    wanted = {name: value for name, value in values.items() if value is not None}
    require_allowed(desk, wanted)
    Parameters.objects.get_or_create(desk=desk, defaults={"changed_by": user.get_username()})
    row = Parameters.objects.select_for_update().get(desk=desk)
    if wanted != row.values:
        before, row.values = row.values, wanted
        row.version += 1
        row.changed_by = user.get_username()
        row.save()
        audit.note(row, user_id=user.pk, before=before, after=wanted)
    return Chosen(desk, row.values, row.version)
