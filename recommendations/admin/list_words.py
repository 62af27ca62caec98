"""Words of staff for what a list is made of: who proposed a product, and why one is not shown."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from recommendations.data.candidates import Source
from recommendations.ranking.filters import Removal

SOURCES: Mapping[str, Any] = {
    Source.TOGETHER: _("bought together"),
    Source.NETWORK: _("the shopper's taste"),
    Source.SESSION: _("this visit"),
    Source.SIMILAR: _("similar product"),
    Source.EXPLORE: _("new product, tried out"),
    Source.VIEWED: _("viewed together"),
    Source.SUBSTITUTE: _("bought instead"),
    Source.TRENDING: _("trend of the week"),
    Source.BEST_SELLER: _("best seller of these weeks"),
    Source.OFFER: _("running offer"),
    Source.RECENTLY_VIEWED: _("viewed lately"),
    Source.CATEGORY: _("best seller of the category"),
    Source.POPULAR: _("best seller of the shop"),
    Source.STAFF: _("pinned by staff"),
    Source.PROMOTED: _("promoted (sponsored)"),
}

REMOVALS: Mapping[str, Any] = {
    Removal.HIDDEN_BY_STAFF: _("staff hide it here"),
    Removal.HELD_FOR_REVIEW: _("its rule waits for staff to review it"),
    Removal.REJECTED_BY_STAFF: _("staff rejected its rule"),
    Removal.NOT_INTERESTED: _("the shopper is not interested in it"),
    Removal.RECENTLY_BOUGHT: _("the shopper bought it a short while ago"),
    Removal.BOUGHT_BEFORE: _("the shopper bought it before"),
    Removal.SAME_ITEM: _("it is the product itself, or another size or colour of it"),
    Removal.EXCLUDED: _("it is in the cart"),
    Removal.REPEATED: _("it is in the list already, in another size or colour"),
    Removal.ON_PAGE: _("another list of the page shows it"),
    Removal.UNKNOWN: _("the shop does not know it any more"),
    Removal.NOT_COUNTED: _("the shop says that it is no product to recommend"),
    Removal.HIDDEN: _("it is not visible in the shop"),
    Removal.SOLD_OUT: _("sold out"),
    Removal.BANNED_CATEGORY: _("staff ban its category beside this one"),
    Removal.OTHER_CATEGORY: _("the list was asked for another category"),
    Removal.PRICE_BAND: _("outside the price band"),
    Removal.CAPPED: _("the list has enough of its category or brand"),
}
