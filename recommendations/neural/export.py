"""A trained network as plain arrays, which the web process scores with numpy alone."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from recommendations.neural.network import Network


def as_arrays(network: Network, item_ids: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    """`item_ids` int64[n] ascending, `inputs` and `outputs` float32[n, d], `bias` float32[n].

    Outputs have the length of the temperature, so that scores are one product and a sum.
    """
    with torch.no_grad():
        outputs = network.config.temperature * functional.normalize(network.outputs.weight, dim=-1)  # [n, d]
    return {
        "item_ids": np.ascontiguousarray(item_ids, dtype="<i8"),
        "inputs": _array(network.inputs.weight[: len(item_ids)]),
        "outputs": _array(outputs),
        "bias": _array(network.bias.weight.squeeze(-1)),
    }


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().numpy().astype("<f4")
