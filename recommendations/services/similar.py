"""What is like a product: by what it is and who buys it, as the live network has it."""

import numpy as np

from recommendations import store
from recommendations.data.candidates import Source
from recommendations.models import ArtefactKind
from recommendations.ranking.alike import Alike
from recommendations.selectors.serving import item_and_network
from recommendations.services.opinion import Opinion, Question
from recommendations.services.prepared import Prepared

_alike = Prepared(Alike.of)


def similar(question: Question) -> Opinion | None:
    """The items most like the last asked one; None where the network does not know it, or there is none."""
    item_id, pointer = item_and_network(question.asked[-1]) if question.asked else (None, None)
    network = store.pointed(ArtefactKind.NETWORK, pointer)
    if item_id is None or network is None:
        return None
    item_ids, scores = _alike.of(network).most_alike(item_id, question.most)
    if not len(item_ids):
        return None
    return Opinion(
        versions={ArtefactKind.NETWORK: network.artefact_id},
        source=Source.SIMILAR,
        item_ids=item_ids,
        scores=scores.astype(np.float64),
        history=(item_id,),
    )
