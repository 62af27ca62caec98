"""Which code counts: compiled kernels where numba is installed and the work is worth its import, else numpy and scipy.

Both give the same results to the last bit. A process that counts little, such as a web server's, never imports numba.
"""

import importlib
import importlib.util
import logging
from types import ModuleType
from typing import Literal

from recommendations.exceptions import MissingPackage

logger = logging.getLogger(__name__)

Engine = Literal["native", "fallback"]

WORTH = 2_000_000
"""Pair occurrences from which on importing numba (about half a second) costs less than counting without it."""


def native(module: str, *, work: int, engine: Engine | None) -> ModuleType | None:
    """A module that counts by compiled kernels, or None where the fallback is to count.

    Parameters
    ----------
    module : its name in this package.
    work : pair occurrences to count, roughly.
    engine : which one must count; None lets this function choose.

    Raises
    ------
    MissingPackage : the native engine is demanded and numba cannot be used.
    """
    if engine == "fallback" or (engine is None and work < WORTH):
        return None
    if importlib.util.find_spec("numba") is None:
        if engine == "native":
            raise MissingPackage("the native engine needs numba: pip install 'django-basketry[fast]'")
        return None
    try:
        return importlib.import_module(f"recommendations.mining.{module}")
    except (ImportError, RuntimeError) as error:
        # A numba that refuses this numpy, or that finds no folder to keep its compiled code in.
        if engine == "native":
            raise MissingPackage(f"the native engine needs a numba that works here: {error}") from error
        logger.warning("numba is installed but unusable (%s): counting goes on without it, more slowly", error)
        return None
