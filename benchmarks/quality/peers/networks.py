"""Networks of others: NeuMF (He et al. 2017) as built here, and RecTools' SASRec (Kang and McAuley 2018)."""

import logging
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.quality.peers.learning import Ids, Learning, Peer
from recommendations.evaluation.judging import Scorer, Scores
from recommendations.evaluation.views import View

LISTED = 50


def neumf(learning: Learning, *, factors: int, epochs: int, learning_rate: float, weight_decay: float) -> Scorer:
    import torch  # noqa: PLC0415 (optional)

    from recommendations.neural.fitting import FittingConfig  # noqa: PLC0415 (needs torch)
    from recommendations.neural.neumf import NeuMFConfig, fit_neumf  # noqa: PLC0415 (needs torch)

    torch.set_num_threads(learning.threads)
    config = NeuMFConfig(
        factors=factors,
        fitting=FittingConfig(epochs=epochs, learning_rate=learning_rate, weight_decay=weight_decay),
    )
    fitted = fit_neumf(
        learning.train, config, seed=learning.seed, clock=time.monotonic, device=torch.device(learning.device)
    )
    return lambda shoppers, _: fitted.scores(shoppers)


def sasrec(learning: Learning, *, epochs: int, learning_rate: float, length: int) -> Scorer:
    """Sampled softmax with 512 negatives, d = 64; lists of the best `LISTED`, the rest -inf."""
    import pandas as pd  # noqa: PLC0415 (optional)
    import torch  # noqa: PLC0415 (optional)
    from rectools.dataset import Dataset  # noqa: PLC0415 (optional)
    from rectools.models import SASRecModel  # noqa: PLC0415 (optional)

    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    torch.set_num_threads(learning.threads)
    torch.manual_seed(learning.seed)
    train = learning.train
    rows = pd.DataFrame(
        {
            "user_id": train.shoppers,
            "item_id": train.items.astype(np.int64),
            "weight": 1.0,
            "datetime": pd.to_datetime((train.days * 86_400e6).astype(np.int64), unit="us"),
        }
    )
    dataset = Dataset.construct(rows)
    network = SASRecModel(
        n_blocks=2,
        n_heads=2,
        n_factors=64,
        session_max_len=length,
        loss="sampled_softmax",
        n_negatives=512,
        lr=learning_rate,
        batch_size=64,
        epochs=epochs,
        get_trainer_func=lambda: _trainer(epochs, learning.device),
        recommend_torch_device=learning.device,
    )
    network.fit(dataset)

    def score(shoppers: Ids, view: View) -> Scores:
        found = np.full((len(shoppers), len(train.item_ids)), -np.inf, dtype=np.float32)
        listed = network.recommend(
            shoppers, dataset, k=LISTED, filter_viewed=view.is_new_alone, on_unsupported_targets="ignore"
        )
        at = np.searchsorted(shoppers, listed["user_id"].to_numpy())
        found[at, listed["item_id"].to_numpy()] = -listed["rank"].to_numpy(dtype=np.float32)
        return found

    return score


def _trainer(epochs: int, device: str) -> Any:
    from pytorch_lightning import Trainer  # noqa: PLC0415 (optional)

    return Trainer(
        max_epochs=epochs,
        accelerator="gpu" if device.startswith("cuda") else "cpu",
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )


PEERS = [
    Peer(
        "NeuMF",
        neumf,
        [
            {"factors": factors, "epochs": epochs, "learning_rate": rate, "weight_decay": decay}
            for factors, epochs, rate, decay in (
                (32, 10, 0.005, 0.1),
                (32, 20, 0.005, 0.1),
                (32, 5, 0.005, 0.01),
                (64, 10, 0.002, 0.1),
                (16, 20, 0.005, 0.1),
                (32, 20, 0.002, 0.3),
                (64, 20, 0.005, 0.3),
                (32, 10, 0.01, 0.1),
            )
        ],
        needs=("torch", "recommendations.neural.neumf"),
        is_random=True,
    ),
    Peer(
        "SASRec",
        sasrec,
        [
            {"epochs": epochs, "learning_rate": rate, "length": length}
            for epochs, rate, length in (
                (10, 0.0025, 50),
                (30, 0.001, 50),
                (20, 0.0025, 100),
                (60, 0.001, 100),
                (40, 0.0025, 50),
                (20, 0.001, 200),
                (10, 0.005, 50),
                (100, 0.001, 50),
            )
        ],
        needs=("rectools", "pytorch_lightning", "torch"),
        is_random=True,
    ),
]
