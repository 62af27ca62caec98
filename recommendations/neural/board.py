"""TensorBoard on request: a log that writes event files, where the optional package tensorboard is installed."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recommendations.exceptions import MissingPackage
from recommendations.neural.fitting import Log


@contextmanager
def tensorboard_log(folder: Path) -> Iterator[Log]:
    """A `log` for `fitting.fit` whose curves `tensorboard --logdir folder` draws; closed at the end of the block.

    Raises
    ------
    MissingPackage : tensorboard is not installed; the words say how to install it.
    """
    try:
        board = importlib.import_module("torch.utils.tensorboard")
    except ImportError as missing:
        raise MissingPackage(
            "TensorBoard logs need the package tensorboard: pip install 'django-basketry[tensorboard]'"
        ) from missing
    with board.SummaryWriter(log_dir=str(folder)) as writer:
        yield lambda name, value, step: writer.add_scalar(name, value, step)
