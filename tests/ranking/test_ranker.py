"""What trains with torch serves with numpy: both give the same scores."""

import numpy as np
import pytest
import torch

from recommendations.neural.ranker import Ranker, RankerConfig, ranker_arrays
from recommendations.ranking.ranker import Head, ranker_scores


def test_numpy_scores_as_torch_does():
    rng, columns = np.random.default_rng(0), 7
    config = RankerConfig(networks=3, hidden=8, second=4)
    mean, scale = torch.arange(7.0), torch.linspace(0.5, 2.0, columns)
    ranker = Ranker(config, mean=mean, scale=scale, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for weights in ranker.parameters():
            if weights.requires_grad:
                weights.normal_(generator=torch.Generator().manual_seed(len(weights)))
    values = (10 * rng.normal(size=(20, columns))).astype(np.float32)
    with torch.no_grad():
        theirs = ranker.eval()(torch.tensor(values)).mean(dim=0).numpy()
    ours = ranker_scores(ranker_arrays(ranker), values)
    assert ours.shape == (20, len(Head))
    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-4)
