"""Fill a list with what may be shown: proposals in order, live facts in few calls, a reason for each refusal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from recommendations.catalogue import Catalogue, Context
from recommendations.data.candidates import Source
from recommendations.data.facts import Facts, Identity
from recommendations.exceptions import InvalidFacts
from recommendations.ranking.filters import Removal, removal_by_facts

OVERFETCH = 3
"""Facts are asked for this many times the items that the list has room for: one call is then nearly always enough."""

MOST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item that a source proposes: `orders` it was in, and its `position` among the candidates (None: not one).

    `propensity`: the probability in (0, 1] with which it is shown in this list at all.
    """

    item_id: int
    key: str
    orders: int
    score: float
    source: Source
    position: int | None = None
    propensity: float = 1.0


@dataclass(slots=True)
class Selection:
    """A list in the making.

    Parameters
    ----------
    removed_ids : item ids that must not be shown, and why.
    removed_keys : the same by item key.
    facts : what was loaded so far, by item key.
    removed : item keys that were proposed and left out, and why.
    """

    catalogue: Catalogue
    context: Context
    in_stock_only: bool
    removed_ids: Mapping[int, Removal]
    removed_keys: Mapping[str, Removal]
    facts: dict[str, Facts] = field(default_factory=dict)
    removed: dict[str, Removal] = field(default_factory=dict)
    _identities: dict[str, Identity] = field(default_factory=dict)
    _asked_for: set[str] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)

    def load(self, keys: Iterable[str]) -> None:
        """Ask the shop for the facts of those keys that were not asked for before, in one call."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._asked_for]
        if missing:
            self._asked_for.update(missing)
            self._identities.update(self.catalogue.identify(missing))
            self.facts.update(_checked(self.catalogue.facts(missing, self.context)))

    def accept(self, proposals: Iterable[Proposal], room: int) -> list[Proposal]:
        """The first `room` proposals that may be shown; facts are loaded as needed, in at most MOST_ROUNDS calls."""
        allowed = (proposal for proposal in proposals if not self._refused_by_id(proposal))
        accepted: list[Proposal] = []
        for _ in range(MOST_ROUNDS):
            if len(accepted) == room:
                break
            chunk = list(islice(allowed, OVERFETCH * room))
            self.load(proposal.key for proposal in chunk)
            accepted += islice(filter(self._may_be_shown, chunk), room - len(accepted))
        return accepted

    def _refused_by_id(self, proposal: Proposal) -> bool:
        removal = self.removed_ids.get(proposal.item_id)
        if removal is not None:
            self.removed.setdefault(proposal.key, removal)
        return removal is not None

    def _may_be_shown(self, proposal: Proposal) -> bool:
        identity = self._identities.get(proposal.key) or Identity(proposal.key)
        if identity.item_key in self._taken:
            removal: Removal | None = Removal.REPEATED
        else:
            removal = self.removed_keys.get(identity.item_key) or removal_by_facts(
                self.facts.get(proposal.key), identity, in_stock_only=self.in_stock_only
            )
        if removal is None:
            self._taken.add(identity.item_key)
        elif removal != Removal.REPEATED:
            self.removed.setdefault(proposal.key, removal)
        return removal is None


def _checked(facts: Mapping[str, Facts]) -> Mapping[str, Facts]:
    """What the shop told: keys that are no text would be found by nobody, in silence."""
    if not isinstance(facts, Mapping):
        raise InvalidFacts(f"facts() of the catalogue must return a dict of Facts by key, not {type(facts).__name__}")
    wrong = next((key for key in facts if not isinstance(key, str)), None)
    if wrong is not None:
        raise InvalidFacts(f"facts() of the catalogue must have text as keys, not {wrong!r:.80}: str(...) them")
    return facts
