from recommendations.catalogue import Catalogue, Context, Facts, Identity
from recommendations.services.facts import LiveFacts


class Shop(Catalogue):
    """Tells facts of all but "gone", those of "milk-1l" with the item; remembers whose identity it was asked for."""

    def __init__(self):
        self.identified = []

    def facts(self, keys, context):
        items = {"milk-1l": "milk", "bread": "bread"}
        return {key: Facts(key, key, "/", item_key=items.get(key, "")) for key in keys if key != "gone"}

    def identify(self, product_keys):
        self.identified += product_keys
        return {"eggs-6": Identity("eggs")}


def test_what_facts_say_of_the_item_is_not_asked_for_again():
    shop = Shop()
    live = LiveFacts(shop, Context())
    live.load(["milk-1l", "bread"])
    assert shop.identified == []
    assert live.identity("milk-1l") == Identity("milk")


def test_what_facts_do_not_say_of_the_item_is_asked_for():
    shop = Shop()
    live = LiveFacts(shop, Context())
    live.load(["milk-1l", "eggs-6", "gone"])
    assert shop.identified == ["eggs-6", "gone"]
    assert live.identity("eggs-6") == Identity("eggs")
