"""The encoder: plain arithmetic gives what torch gives, and it learns what is to be learnt."""

import time

import numpy as np
import pytest
import torch

from recommendations.neural.session import SessionConfig, SessionEncoder, as_session_arrays
from recommendations.neural.session_training import SessionExamples, SessionTraining, train_session
from recommendations.neural.training import use_threads
from recommendations.ranking.session import encoder_scores
from tests.mining.test_transitions import visits

TINY = SessionTraining(width=16, length=5, epochs=12, batch_size=64, learning_rate=0.01, dropout=0.0, forget=0.0)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    use_threads(1)


def encoder(items=50, **sizes):
    generator = torch.Generator().manual_seed(3)
    made = SessionEncoder(SessionConfig(items, **sizes), counts=torch.arange(items) + 1.0, generator=generator)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return made.eval()


@pytest.mark.parametrize("length", [1, 3, 8, 11])
def test_plain_arithmetic_gives_what_torch_gives(length):
    made, rng = encoder(width=16, heads=2, length=8, inner=24), np.random.default_rng(length)
    rows, kinds = rng.integers(0, 50, length), rng.integers(0, 8, length).astype(np.int8)
    weights = rng.normal(size=length).astype(np.float32)
    found = encoder_scores(as_session_arrays(made), rows, kinds, weights)
    with torch.no_grad():
        given = (torch.as_tensor(one[-8:])[None] for one in (rows, kinds.astype(np.int64), weights))
        assert found == pytest.approx(made(*given)[0].numpy(), abs=1e-5)


def test_padding_in_front_changes_nothing():
    made = encoder(width=16, length=8)
    items, kinds, weights = torch.tensor([[3, 4]]), torch.zeros(1, 2, dtype=torch.int64), torch.ones(1, 2)
    padded = torch.tensor([[50, 50, 3, 4]]), torch.zeros(1, 4, dtype=torch.int64), torch.tensor([[0, 0, 1.0, 1]])
    with torch.no_grad():
        assert torch.allclose(made(items, kinds, weights), made(*padded), atol=1e-5)


def test_a_session_of_10_000_items_is_scored_within_3_ms_of_cpu():
    arrays, rng = as_session_arrays(encoder(10_000, width=64, length=20)), np.random.default_rng(1)
    given = rng.integers(0, 10_000, 20), np.zeros(20, dtype=np.int8), np.ones(20, dtype=np.float32)
    spent = []
    for _ in range(20):
        started = time.process_time()
        encoder_scores(arrays, *given)
        spent.append(time.process_time() - started)
    assert min(spent) < 0.003


def test_before_it_learns_it_ranks_by_popularity():
    generator = torch.Generator().manual_seed(0)
    made = SessionEncoder(SessionConfig(3, width=8), counts=torch.tensor([1.0, 1_000, 30]), generator=generator)
    scores = encoder_scores(as_session_arrays(made), np.array([0]), np.zeros(1, dtype=np.int8), np.ones(1, np.float32))
    assert np.argsort(-scores).tolist() == [1, 2, 0]


def turning():
    """After 0 1 comes 2, after 3 1 comes 4: the latest event alone does not tell."""
    return visits(*[[0, 1, 2], [3, 1, 4]] * 100, items=5)


@pytest.mark.parametrize("full_up_to", [100, 1])
def test_it_learns_what_only_the_whole_session_tells(full_up_to):
    """With all items in the softmax, and with drawn ones."""
    config = SessionTraining(**{**{name: getattr(TINY, name) for name in TINY.__slots__}, "full_up_to": full_up_to})
    fitted = train_session(turning(), config, seed=1, clock=lambda: 0.0, later=turning())
    arrays, kinds = as_session_arrays(fitted.encoder), np.zeros(2, dtype=np.int8)
    for first, then in ((0, 2), (3, 4)):
        assert encoder_scores(arrays, np.array([first, 1]), kinds, np.ones(2, np.float32)).argmax() == then
    assert fitted.losses[-1] < fitted.losses[0] / 2


def test_the_same_seed_gives_the_same_encoder():
    one, other = (train_session(turning(), TINY, seed=5, clock=lambda: 0.0).encoder.vectors for _ in range(2))
    assert torch.equal(one, other)


def test_training_stops_when_later_visits_are_guessed_no_better():
    rng = np.random.default_rng(1)
    noise = visits(*rng.integers(0, 5, (100, 3)).tolist(), items=5)
    later = visits(*rng.integers(0, 5, (100, 3)).tolist(), items=5)
    config = SessionTraining(width=16, epochs=50, learning_rate=0.02, patience=2)
    fitted = train_session(noise, config, seed=1, clock=lambda: 0.0, later=later)
    assert len(fitted.validations) < 50
    best = max(epoch for epoch, value in enumerate(fitted.validations, 1) if value == max(fitted.validations))
    assert (fitted.epochs, len(fitted.validations)) == (best, best + 2)


def test_examples_are_the_events_after_others_of_their_visit():
    examples = SessionExamples.of(visits([0, 1, 2], [3]), length=1)
    batch = examples.batch(np.arange(2), device=torch.device("cpu"))
    assert (batch.items.tolist(), batch.targets.tolist()) == ([[0], [1]], [1, 2])


def test_too_little_and_sizes_out_of_range_are_named():
    with pytest.raises(ValueError, match="at least one visit with two events"):
        train_session(visits([0]), TINY, seed=1, clock=lambda: 0.0)
    with pytest.raises(ValueError, match="width must be a multiple of heads"):
        SessionConfig(5, width=7, heads=2)
    with pytest.raises(ValueError, match="dropout must be"):
        SessionConfig(5, dropout=1.0)
