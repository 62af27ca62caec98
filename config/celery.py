"""Celery of the reference shop. The schedule is the shop's own: the plugin never writes one."""

import os

from celery import Celery
from kombu.entity import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Without -Q a worker serves all of these; in production each has a worker, so that no training delays a fold.
QUEUES = ("celery", "recommendations", "recommendations-jobs")
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]
# A tick that was not run in its time is of no use: the next one finds the same orders.
FOLDS = {"queue": "recommendations"}
app.conf.beat_schedule = {
    "recommendations-fold": {
        "task": "recommendations.tasks.fold",
        "schedule": 1.0,
        "options": {**FOLDS, "expires": 5},
    },
    "recommendations-dispatch": {
        "task": "recommendations.tasks.dispatch",
        "schedule": 2.0,
        "options": {**FOLDS, "expires": 10},
    },
}
