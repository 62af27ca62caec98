"""For hosts' own tests: a catalogue from a dict."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from recommendations.catalogue import Catalogue, Context, Facts, Identity


class FakeCatalogue(Catalogue):
    """A catalogue in memory: put `Facts` into `shelf`, identities of variants into `identities`.

    Both belong to the class, so what a test puts there outlives a change of settings; clear them between tests.
    """

    shelf: ClassVar[dict[str, Facts]] = {}
    identities: ClassVar[dict[str, Identity]] = {}

    def identify(self, product_keys: Sequence[str]) -> Mapping[str, Identity]:
        return {key: self.identities[key] for key in product_keys if key in self.identities}

    def facts(self, keys: Sequence[str], context: Context) -> Mapping[str, Facts]:
        return {key: self.shelf[key] for key in keys if key in self.shelf}

    def search(self, text: str, limit: int) -> Sequence[Facts]:
        return [facts for facts in self.shelf.values() if text.lower() in facts.title.lower()][:limit]

    def members(self, category: str, limit: int) -> Sequence[str]:
        return [facts.key for facts in self.shelf.values() if category in facts.categories][:limit]
