"""Everything the plugin raises on purpose. Each message names the field and the allowed range."""


class RecommendationsError(Exception):
    """Base of all errors that the plugin raises on purpose."""


class InvalidInput(RecommendationsError, ValueError):
    """A value is outside its allowed range; `field` names which.

    Parameters
    ----------
    field : the name of the offending field or parameter, as the caller spelled it.
    message : what is wrong, with the value and the allowed range.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class KeyConflict(RecommendationsError):
    """An idempotency key was used before with another body."""


class UnknownOrder(RecommendationsError, LookupError):
    """A change names an order that was never recorded."""


class UnknownProduct(RecommendationsError, LookupError):
    """The shop's catalogue refuses this product key."""


class CountsDrifted(RecommendationsError):
    """The stored counts cannot be what the orders say; a recount is needed."""


class ConsentRefused(RecommendationsError):
    """Nothing of this shopper may be stored."""


class InvalidFacts(RecommendationsError, TypeError):
    """The shop's catalogue told facts that cannot be; the message names the product, the field and what is allowed."""


class ArtefactRefused(RecommendationsError):
    """An artefact's file is missing, changed or of the wrong shape; the message says which."""


class JobEnded(RecommendationsError):
    """A job that is over cannot be cancelled."""


class LeaseLost(RecommendationsError):
    """A job went on after its lease had been given to another worker."""


class NotEnoughData(RecommendationsError):
    """There is not yet enough data for this job; the message says what it needs."""


class NothingChanged(RecommendationsError):
    """A job would only repeat what was done; the message says since when nothing changed."""


class DriftTooLarge(RecommendationsError):
    """The item vectors moved so far since the training that a retrain is due; the message says how far."""


class MiningBudget(RecommendationsError):
    """Mining would take more time or memory than it was given.

    Parameters
    ----------
    message : what ran out, and which smallest count of baskets would fit.
    min_count : that count, at least 1; None where none was found that fits.
    """

    def __init__(self, message: str, min_count: int | None) -> None:
        super().__init__(message)
        self.min_count = min_count


class MissingPackage(RecommendationsError):
    """An optional package is not installed; the message says how to install it."""


class UnreadableFile(RecommendationsError):
    """A file to import cannot be read at all: wrong format, missing column."""
