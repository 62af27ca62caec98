"""Artefacts on disk: published whole, checked before each load, read through memory maps, rolled back in one step."""

import hashlib
import logging
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_datetime

from recommendations.conf import store_dir
from recommendations.data import npz
from recommendations.data.artefacts import SCHEMAS, Arrays, validate
from recommendations.exceptions import ArtefactRefused
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, LivePointer, database
from recommendations.models.artefacts import serving_sha256

logger = logging.getLogger(__name__)

FILES_KEPT = 5
LOADED_KEPT = 2 * FILES_KEPT
OWN_NAME = re.compile(rf"({'|'.join(ArtefactKind.values)})(?P<refreshed>-refreshed)?-[0-9a-f]{{32}}\.(npz|half)")
ABANDONED = timedelta(hours=6)
REPLACED = timedelta(minutes=10)
"""Age from which on a file that no row names may go: of a version, and of a refresh, which are many a day."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version as it serves; `arrays` are read-only and mapped from the file.

    `data_sequence` names the orders that the arrays know: those up to the training, or up to the refresh since, which
    was at `refreshed_at` (None: the arrays are as trained). `metrics` are the training's.
    """

    artefact_id: int
    created_at: datetime
    data_sequence: int
    metrics: Mapping[str, object]
    arrays: Arrays
    refreshed_at: datetime | None = None


def publish(
    kind: ArtefactKind,
    arrays: Arrays,
    *,
    metrics: Mapping[str, object],
    data_sequence: int,
    data_orders: int,
    still_ours: Callable[[], None] = lambda: None,
) -> Artefact:
    """Write the arrays, then make them the live version in one transaction.

    Parameters
    ----------
    still_ours : called in the publishing transaction; what it raises stops the publication (a lease that was lost).

    Raises
    ------
    ArtefactRefused : the arrays are not of the kind's schema, or not finite.
    """
    with _written(kind, arrays) as written, database.atomic():
        still_ours()
        artefact = Artefact.objects.create(
            kind=kind,
            status=ArtefactStatus.PUBLISHED,
            metrics=dict(metrics),
            data_sequence=data_sequence,
            data_orders=data_orders,
            **written,
        )
        LivePointer.objects.update_or_create(kind=kind, defaults={"artefact": artefact})
    return artefact


def refresh(
    artefact_id: int,
    arrays: Arrays,
    *,
    metrics: Mapping[str, object],
    data_sequence: int,
    now: datetime,
    still_ours: Callable[[], None] = lambda: None,
) -> None:
    """Let these arrays serve in the place of those that the version was trained with, whenever it is the live one.

    The file of the training stays: it serves where that of the refresh is not whole.

    Parameters
    ----------
    still_ours : as in `publish`.

    Raises
    ------
    ArtefactRefused : as in `publish`.
    """
    rows = Artefact.objects.filter(pk=artefact_id)
    kind = ArtefactKind(rows.values_list("kind", flat=True).get())
    told = {"data_sequence": data_sequence, "at": now.isoformat(), "metrics": dict(metrics)}
    with _written(kind, arrays, mark="-refreshed") as written, database.atomic():
        still_ours()
        rows.update(refreshed={**written, **told})


def forget_refresh(artefact_id: int, *, still_ours: Callable[[], None] = lambda: None) -> None:
    """Let the arrays as trained serve again."""
    with database.atomic():
        still_ours()
        Artefact.objects.filter(pk=artefact_id).update(refreshed={})


def refuse(
    kind: ArtefactKind, *, reason: str, metrics: Mapping[str, object], data_sequence: int, data_orders: int
) -> Artefact:
    """Keep a record of a version that is not good enough to serve."""
    return Artefact.objects.create(
        kind=kind,
        status=ArtefactStatus.REFUSED,
        reason=reason,
        metrics=dict(metrics),
        data_sequence=data_sequence,
        data_orders=data_orders,
    )


def live(kind: ArtefactKind) -> Loaded | None:
    """The version that serves: the live one, or the newest earlier one with a file that is whole; None without any.

    Its arrays are those of its refresh where there is one and its file is whole, else those of its training.

    One query once it is loaded. Never raises for a bad file and never writes; the reason is logged once.
    """
    return live_of(kind).get(kind)


def live_of(*kinds: ArtefactKind) -> dict[str, Loaded]:
    """What `live` gives for each of these kinds, for the price of one; a kind without a version is left out."""
    pointers = LivePointer.objects.filter(kind__in=kinds).select_related("artefact")
    found = {pointer.kind: _serving(pointer, _freshest) for pointer in pointers}
    return {kind: loaded for kind, loaded in found.items() if loaded is not None}


def pointed(kind: ArtefactKind, to: tuple[int, str] | None) -> Loaded | None:
    """What `live` gives where a statement told already what serves; no query once that is loaded.

    Parameters
    ----------
    to : the live version's id and `SERVING` of its row; None: there is none.
    """
    if to is None:
        return None
    version = (to[0], serving_sha256(to[1]))
    with _loading:
        used = next((key for key in _loaded if (key[0], key[2]) == version), None)
        if used is not None:
            _loaded[used] = _loaded.pop(used)
        loaded = None if used is None else _loaded[used]
    return loaded or live(kind)


def trained(kind: ArtefactKind) -> Loaded | None:
    """What `live` gives as it was trained: what a refresh starts from, and what a gate may judge on later orders."""
    pointer = LivePointer.objects.filter(kind=kind).select_related("artefact").first()
    return None if pointer is None else _serving(pointer, _as_trained)


def _serving(pointed: LivePointer, load: Callable[[Artefact], Loaded | None]) -> Loaded | None:
    loaded = load(pointed.artefact)
    if loaded is not None:
        return loaded
    kind = pointed.kind
    earlier = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED, pk__lt=pointed.artefact_id)
    for artefact in earlier.order_by("-id")[:FILES_KEPT]:
        loaded = load(artefact)
        if loaded is not None:
            return loaded
    return None


def earlier(kind: ArtefactKind) -> Artefact | None:
    """The version that `roll_back` would let serve: the newest published one before the live one that is whole."""
    live_id = LivePointer.objects.filter(kind=kind).values_list("artefact_id", flat=True).first()
    before = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED, pk__lt=live_id or 0).order_by("-id")
    return next((one for one in before[:FILES_KEPT] if not one.file or _as_trained(one) is not None), None)


def roll_back(kind: ArtefactKind, *, to: Artefact | None = None) -> Artefact:
    """Let the newest published version before the live one serve; `to`: only if it is this one.

    Raises
    ------
    ArtefactRefused : there is no earlier version that is whole, or it is another one than `to`.
    """
    with database.atomic():
        pointer = LivePointer.objects.select_for_update().filter(kind=kind).first()
        if pointer is None:
            raise ArtefactRefused(f"no version of {kind} is live")
        artefact = earlier(kind)
        if artefact is None:
            raise ArtefactRefused(f"there is no earlier version of {kind} to go back to")
        if to is not None and artefact != to:
            raise ArtefactRefused(f"going back from what serves now leads to {artefact.pk}, not to {to.pk}")
        pointer.artefact = artefact
        pointer.save()
    return artefact


def point_to(artefact: Artefact) -> None:
    """Let this published version serve, be it earlier or later than the live one.

    Raises
    ------
    ArtefactRefused : it was never published, or its file is not whole.
    """
    if artefact.status != ArtefactStatus.PUBLISHED:
        raise ArtefactRefused(
            f"{artefact.kind} {artefact.pk} is {artefact.status}, and only a published version may serve"
        )
    if artefact.file and _freshest(artefact) is None:
        raise ArtefactRefused(f"the file of {artefact.kind} {artefact.pk} is missing or changed")
    LivePointer.objects.update_or_create(kind=artefact.kind, defaults={"artefact": artefact})


def is_rolled_back(kind: ArtefactKind) -> bool:
    """Whether a published version is newer than the one that is pointed to: somebody went back."""
    pointed = LivePointer.objects.filter(kind=kind).values_list("artefact_id", flat=True).first()
    newer = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED, pk__gt=pointed or 0)
    return pointed is not None and newer.exists()


def clean(now: datetime) -> None:
    """Delete half-written files, replaced refreshes and files of versions that nobody rolls back to; their rows stay.

    Touches nothing in the folder but files of the store's own names that are older than `ABANDONED` or `REPLACED`.
    """
    rows = list(LivePointer.objects.values_list("artefact__file", "artefact__refreshed"))
    for kind in ArtefactKind.values:
        newest = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED).order_by("-id")
        rows += newest.values_list("file", "refreshed")[:FILES_KEPT]
    kept = {name for file, refreshed in rows for name in (file, refreshed.get("file"))}
    if not store_dir().is_dir():
        return
    for path in store_dir().iterdir():
        own = OWN_NAME.fullmatch(path.name)
        if own is not None and path.name not in kept:
            with suppress(FileNotFoundError):
                age = now.timestamp() - path.stat().st_mtime
                if age > (REPLACED if own["refreshed"] else ABANDONED).total_seconds():
                    path.unlink()


def forget(kind: ArtefactKind, *, kept: int) -> None:
    """Delete rows and files of all published versions but the live one and the newest `kept`.

    For a kind that is published so often that nobody looks for an old one. Who is reading a file keeps it.
    """
    live = LivePointer.objects.filter(kind=kind).values("artefact_id")
    published = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED)
    newest = list(published.order_by("-id").values_list("pk", flat=True)[:kept])
    for artefact in published.exclude(pk__in=newest).exclude(pk__in=live):
        artefact.delete()
        if OWN_NAME.fullmatch(artefact.file):
            (store_dir() / artefact.file).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A file of a version, as the version's row tells of it; `at` of a refresh, empty for the training's."""

    artefact: Artefact
    file: str
    size: int
    sha256: str
    data_sequence: int
    at: str = ""

    def __str__(self) -> str:
        version = f"version {self.artefact.pk} of {self.artefact.kind}"
        return f"the refresh of {version}" if self.at else version


def _as_trained(artefact: Artefact) -> Loaded | None:
    return _load(_Stored(artefact, artefact.file, artefact.size, artefact.sha256, artefact.data_sequence))


def _freshest(artefact: Artefact) -> Loaded | None:
    told: Mapping[str, Any] = artefact.refreshed
    if not told:
        return _as_trained(artefact)
    file, sha256, at = (str(told.get(name)) for name in ("file", "sha256", "at"))
    refreshed = _load(_Stored(artefact, file, told.get("size", 0), sha256, told.get("data_sequence", 0), at))
    return refreshed or _as_trained(artefact)


# By id, file and SHA-256: a restored database gives the ids of lost versions to new ones. Oldest use first.
_loaded: dict[tuple[int, str, str], Loaded | None] = {}
_loading = threading.Lock()


def _load(stored: _Stored) -> Loaded | None:
    """A file of a version from this process's memory, or from the disk once that is proved whole."""
    artefact = stored.artefact
    version = (artefact.pk, stored.file, stored.sha256)
    with _loading:
        if version in _loaded:
            loaded = _loaded.pop(version)
        else:
            loaded = _read_or_refuse(stored)
            named = (artefact.file, artefact.refreshed.get("file"))
            for replaced in [key for key in _loaded if key[0] == artefact.pk and key[1] not in named]:
                del _loaded[replaced]
        _loaded[version] = loaded
        while len(_loaded) > LOADED_KEPT:
            del _loaded[next(iter(_loaded))]
    return loaded


def _read_or_refuse(stored: _Stored) -> Loaded | None:
    try:
        return _read(stored)
    except (ArtefactRefused, OSError, ValueError) as reason:
        logger.error("%s is refused: %s", stored, reason)
        return None


def _read(stored: _Stored) -> Loaded:
    if Path(stored.file).name != stored.file or not stored.file:
        raise ArtefactRefused(f"{stored.file!r} is no file name in the store")
    path = store_dir() / stored.file
    with npz.opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size != stored.size:
            raise ArtefactRefused(f"its file has {size} bytes, not {stored.size}")
        if hashlib.file_digest(file, "sha256").hexdigest() != stored.sha256:
            raise ArtefactRefused("its file's SHA-256 is not the one that was published")
        arrays = npz.mapped(path, file)
    artefact = stored.artefact
    validate(SCHEMAS[artefact.kind], arrays)
    return Loaded(
        artefact.pk, artefact.created_at, stored.data_sequence, artefact.metrics, arrays, parse_datetime(stored.at)
    )


@contextmanager
def _written(kind: ArtefactKind, arrays: Arrays, *, mark: str = "") -> Iterator[dict[str, Any]]:
    """A new file's name, size and SHA-256 for a row; it is deleted where what is done with them fails."""
    validate(SCHEMAS[kind], arrays)
    path = npz.write_whole(store_dir() / f"{kind}{mark}-{uuid.uuid4().hex}.npz", arrays)
    try:
        yield {"file": path.name, "size": path.stat().st_size, "sha256": _sha256(path)}
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
