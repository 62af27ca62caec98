import pytest

from recommendations.neural.training import use_threads


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    use_threads(1)
