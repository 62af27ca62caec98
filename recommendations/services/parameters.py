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
    require_allowed(desk, _given(values))
    return _keep(_locked(desk, user), _given(values), user)


@database.joining
def choose(desk: Desk, values: Mapping[str, Any], *, user: Any) -> Chosen:
    """Choose these parameters beside those chosen before; None gives one back to the shop's settings. See `change`.

    Raises
    ------
    InvalidInput : a name is unknown or a value out of its range; nothing changed.
    """
    unknown = {name: None for name in values if name not in DESKS[desk]}
    require_allowed(desk, {**unknown, **_given(values)})
    row = _locked(desk, user)
    return _keep(row, _given({**row.values, **values}), user)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _locked(desk: Desk, user: Any) -> Parameters:
    Parameters.objects.get_or_create(desk=desk, defaults={"changed_by": user.get_username()})
    return Parameters.objects.select_for_update().get(desk=desk)


def _keep(row: Parameters, wanted: dict[str, Any], user: Any) -> Chosen:
    if wanted != row.values:
        before, row.values = row.values, wanted
        row.version += 1
        row.changed_by = user.get_username()
        row.save()
        audit.note(row, user_id=user.pk, before=before, after=wanted)
    return Chosen(row.desk, row.values, row.version)
