"""What the shop says of the items of one answer, now or FACTS_SECONDS ago; each is asked for once, in few calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from recommendations.catalogue import Catalogue, Context
from recommendations.data.facts import Facts, Identity
from recommendations.exceptions import InvalidFacts
from recommendations.services.told import Told


@dataclass(slots=True)
class LiveFacts:
    """Facts and identities of the items that were asked for so far.

    Parameters
    ----------
    facts : by item key, without those that the shop does not know.
    """

    catalogue: Catalogue
    context: Context
    facts: dict[str, Facts] = field(default_factory=dict)
    _identities: dict[str, Identity] = field(default_factory=dict)
    _asked_for: set[str] = field(default_factory=set)

    def load(self, keys: Iterable[str]) -> None:
        """Ask the shop for those keys that were not asked for before, in one call; in another one what they are counted
        as, where facts do not say it."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._asked_for]
        if missing:
            self._asked_for.update(missing)
            told = _facts.of(self.catalogue, self.context, missing, self._ask)
            self.facts.update(told)
            named = {key: Identity(one.item_key, one.counted) for key, one in told.items() if one.item_key}
            self._identities.update(named)
            unnamed = [key for key in missing if key not in named]
            if unnamed:
                self._identities.update(self.identities(unnamed))

    def identities(self, product_keys: Sequence[str]) -> Mapping[str, Identity]:
        """What products are counted as; one left out is its own item."""
        return _identities.of(self.catalogue, self.context, product_keys, self.catalogue.identify)

    def known(self, keys: Iterable[str]) -> Mapping[str, Facts]:
        """Facts of all keys that were asked for up to now, these among them."""
        self.load(keys)
        return self.facts

    def identity(self, key: str) -> Identity:
        """What the item is counted as."""
        return self._identities.get(key) or Identity(key)

    def _ask(self, keys: Sequence[str]) -> Mapping[str, Facts]:
        return _checked(self.catalogue.facts(keys, self.context))


_facts = Told[Facts]()
_identities = Told[Identity]()


def _checked(facts: Mapping[str, Facts]) -> Mapping[str, Facts]:
    """What the shop told: keys that are no text would be found by nobody, in silence."""
    if not isinstance(facts, Mapping):
        raise InvalidFacts(f"facts() of the catalogue must return a dict of Facts by key, not {type(facts).__name__}")
    wrong = next((key for key in facts if not isinstance(key, str)), None)
    if wrong is not None:
        raise InvalidFacts(f"facts() of the catalogue must have text as keys, not {wrong!r:.80}: str(...) them")
    return facts
