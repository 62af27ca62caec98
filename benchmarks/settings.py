"""Settings of a benchmark's instance: the reference shop's, with a catalogue that knows every key."""

import json

from config.settings import *  # noqa: F403
from config.settings import RECOMMENDATIONS, env

RECOMMENDATIONS = {
    **RECOMMENDATIONS,
    "CATALOGUE": "benchmarks.catalogue.EveryKey",
    **json.loads(env.str("BENCH_RECOMMENDATIONS", default="{}")),
}
