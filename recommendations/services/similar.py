"""What is like a product: by what it is and who buys it, as the live network has it."""

import numpy as np

from recommendations import store
from recommendations.data.candidates import Source
from recommendations.models import ArtefactKind, Item
from recommendations.models.database import on_replica
from recommendations.ranking.alike import Alike
from recommendations.services.opinion import Opinion, Question
from recommendations.services.prepared import Prepared

_alike = Prepared(Alike.of)


def similar(question: Question) -> Opinion | None:
    """The items most like the last asked one; None where the network does not know it, or there is none."""
    network = store.live(ArtefactKind.NETWORK) if question.asked else None
    if network is None:
        return None
    item_id = on_replica(Item.objects.all()).filter(key=question.asked[-1]).values_list("id", flat=True).first()
    item_ids, scores = _alike.of(network).most_alike(item_id or 0, question.most)
    if not len(item_ids) or item_id is None:
        return None
    return Opinion(
        versions={ArtefactKind.NETWORK: network.artefact_id},
        source=Source.SIMILAR,
        item_ids=item_ids,
        scores=scores.astype(np.float64),
        history=(item_id,),
    )
