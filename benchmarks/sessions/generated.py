"""A browse log made up for measurements: visits along chains of topics, and orders that follow what was looked at.

Each topic is a ring of items. A visit walks along the ring of its topic; now and then something else catches the eye
for a few seconds, and the walk goes on from where it was. Of half the visits comes an order two hours later: mostly
the topic's own refill, which nobody looks at, and often what was looked at longest. Everybody buys from a taste of
their own too, whether they looked or not. In the control the same visits belong to other shoppers, by chance.
"""

from dataclasses import dataclass

import numpy as np

from recommendations.data.sequences import Events, Kind

DAY, HOUR = 86_400, 3_600


@dataclass(frozen=True, slots=True)
class Plant:
    """Sizes of the log; `follows`: whether orders follow the visits of their shopper."""

    shoppers: int = 1_500
    topics: int = 120
    ring: int = 8
    visits: int = 5
    days: int = 60
    noise: float = 0.25
    follows: bool = True


def generate(plant: Plant, *, seed: int) -> Events:
    """The same log for the same seed; with and without `follows` the visits and the orders are the same ones."""
    rng = np.random.default_rng(seed)
    share = 1 / (np.arange(plant.topics) + 5.0)
    share /= share.sum()
    owner_of_visits = np.arange(plant.shoppers)
    rows: list[tuple[int, int, int, int, float]] = []
    orders: list[tuple[int, int, int, int, float]] = []
    for shopper in range(plant.shoppers):
        taste = rng.choice(plant.topics, 3, replace=False, p=share)
        for began in np.sort(rng.integers(0, plant.days * DAY, plant.visits)).tolist():
            topic = int(rng.choice(plant.topics, p=share))
            views = _walk(plant, topic, share, began, rng)
            rows += [(shopper, item, at, Kind.VIEW, dwell) for item, at, dwell in views]
            if rng.random() < 0.5:
                placed = began + 2 * HOUR
                bought = {_refill(plant, topic)} if rng.random() < 0.7 else set()
                if rng.random() < 0.5:
                    bought.add(max(views, key=lambda view: view[2])[0])
                bought.add(int(rng.choice(taste)) * plant.ring + int(rng.integers(2)) + 1)
                orders += [(shopper, item, placed, Kind.ORDER, np.nan) for item in sorted(bought)]
    if not plant.follows:
        owner_of_visits = rng.permutation(plant.shoppers)
    rows = [(int(owner_of_visits[row[0]]), *row[1:]) for row in rows]
    people, items, at, kinds, dwells = zip(*rows, *orders, strict=True)
    return Events(
        np.array(people, dtype=np.int64) + 1,
        np.array(items, dtype=np.int64),
        np.array(at, dtype=np.int64),
        np.array(kinds, dtype=np.int8),
        np.array(dwells, dtype=np.float64),
    )


def _walk(
    plant: Plant, topic: int, share: np.ndarray, began: int, rng: np.random.Generator
) -> list[tuple[int, int, float]]:
    """(item, second, dwell) of each view of a visit."""
    views: list[tuple[int, int, float]] = []
    place, at = int(rng.integers(plant.ring)), began
    for _ in range(2 + int(rng.geometric(0.25))):
        if views and rng.random() < plant.noise:
            other = int(rng.choice(plant.topics, p=share))
            views.append((other * plant.ring + int(rng.integers(plant.ring)) + 1, at, 2 + rng.exponential(4)))
        else:
            views.append((topic * plant.ring + place + 1, at, 10 + rng.exponential(60)))
            place = (place + (1 if rng.random() < 0.8 else 2)) % plant.ring
        at += int(views[-1][2]) + 5
    return views


def _refill(plant: Plant, topic: int) -> int:
    return plant.topics * plant.ring + topic + 1
