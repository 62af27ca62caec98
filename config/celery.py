"""Celery of the reference shop. The schedule is the shop's own: the plugin never writes one."""

import os

from celery import Celery
from kombu.entity import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Without -Q a worker serves both queues; in production each has a worker, so that no training delays a fold.
FOLDS, JOBS = "recommendations", "recommendations-jobs"

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_default_queue = FOLDS
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in (FOLDS, JOBS)]
app.conf.task_routes = {"recommendations.tasks.run_job": {"queue": JOBS}}
# A tick that was not run in its time is of no use: the next one finds the same orders.
app.conf.beat_schedule = {
    "fold": {"task": "recommendations.tasks.fold", "schedule": 1.0, "options": {"expires": 5}},
    "dispatch": {"task": "recommendations.tasks.dispatch", "schedule": 2.0, "options": {"expires": 10}},
}
