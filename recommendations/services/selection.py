"""Select what may be shown: proposals in order, live facts in few calls, a reason for each refusal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from recommendations.data.candidates import Source
from recommendations.ranking.filters import Beside, Caps, Removal, removal_by_facts
from recommendations.services.facts import LiveFacts

OVERFETCH = 3
"""A call for facts that the first one left necessary is for this many times the items that the list has room for."""

MOST_ROUNDS = 3
WIDENING = 4
"""Times as many items as before that a further call asks for: three look at more than there are candidates."""

WISHED = frozenset({Source.STAFF, Source.PROMOTED})
"""Sources that no cap holds against; what staff pin stands beside anything, too."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item that a source proposes.

    `orders` it was in, its `position` among the candidates (None: not one), and the `propensity` with which it is
    shown, in (0, 1].
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
    category : the one that all items of the list are of; None: any.
    on_page : keys of the items that other lists of the page show.
    beside : what may stand beside the asked products; known when their facts are.
    removed : item keys that were proposed and left out, and why.
    taken : keys of the items that the list shows.
    """

    live: LiveFacts
    now: datetime
    in_stock_only: bool
    removed_ids: Mapping[int, Removal]
    removed_keys: Mapping[str, Removal]
    category: str | None = None
    caps: Caps = field(default_factory=Caps)
    on_page: set[str] = field(default_factory=set)
    beside: Beside = field(default_factory=Beside)
    removed: dict[str, Removal] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    _capped: list[Proposal] = field(default_factory=list)

    def accept(self, proposals: Iterable[Proposal], room: int) -> list[Proposal]:
        """The first `room` proposals that may be shown; facts are loaded as needed, in at most MOST_ROUNDS calls."""
        allowed = (proposal for proposal in proposals if not self._refused_by_id(proposal))
        accepted: list[Proposal] = []
        for number in range(MOST_ROUNDS):
            if len(accepted) == room:
                break
            chunk = list(islice(allowed, OVERFETCH * room * WIDENING**number))
            self.live.load(proposal.key for proposal in chunk)
            accepted += islice(filter(self._take, chunk), room - len(accepted))
        return accepted

    def fitting(self, proposals: Iterable[Proposal]) -> list[Proposal]:
        """Those that may be shown, each item once, caps aside; their facts must be loaded. None of them is taken."""
        allowed = [proposal for proposal in proposals if not self._refused_by_id(proposal)]
        fits: dict[str, Proposal] = {}
        for proposal in allowed:
            removal = self.removal(proposal)
            if removal is None or removal == Removal.CAPPED:
                fits.setdefault(self.live.identity(proposal.key).item_key, proposal)
            elif removal != Removal.REPEATED:
                self.removed.setdefault(proposal.key, removal)
        return list(fits.values())

    def accept_capped(self, room: int) -> list[Proposal]:
        """What only the caps kept out, best first: a list is rather uniform than short."""
        waiting, self._capped = self._capped, []
        self.caps = Caps()
        accepted = self.accept(waiting, room)
        for proposal in accepted:
            self.removed.pop(proposal.key, None)
        return accepted

    def removal(self, proposal: Proposal) -> Removal | None:
        """Why it may not be shown in this list as it stands; its facts must be loaded. None where it may."""
        identity, facts = self.live.identity(proposal.key), self.live.facts.get(proposal.key)
        if identity.item_key in self.taken:
            return Removal.REPEATED
        removal = self.removed_keys.get(identity.item_key) or removal_by_facts(
            facts, identity, in_stock_only=self.in_stock_only, category=self.category
        )
        if removal is not None or facts is None:
            return removal
        if not self.on_page.isdisjoint((proposal.key, identity.item_key)):
            return Removal.ON_PAGE
        if proposal.source != Source.STAFF:
            removal = self.beside.removal(facts, self.now)
        if removal is None and proposal.source not in WISHED and not self.caps.allow(facts):
            removal = Removal.CAPPED
        return removal

    def _refused_by_id(self, proposal: Proposal) -> bool:
        removal = self.removed_ids.get(proposal.item_id)
        if removal is not None:
            self.removed.setdefault(proposal.key, removal)
        return removal is not None

    def _take(self, proposal: Proposal) -> bool:
        removal = self.removal(proposal)
        if removal is None:
            self.taken.add(self.live.identity(proposal.key).item_key)
            self.caps.count(self.live.facts[proposal.key])
        elif removal != Removal.REPEATED:
            self.removed.setdefault(proposal.key, removal)
        if removal == Removal.CAPPED:
            self._capped.append(proposal)
        return removal is None
