"""Settings of the web servers that are measured: the reference shop's own catalogue, and two views that do nothing."""

from benchmarks.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.serving.urls"
