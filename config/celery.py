"""Celery of the reference shop. The schedule is the shop's own: the plugin never writes one."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "fold": {"task": "recommendations.tasks.fold", "schedule": 1.0, "options": {"expires": 5}},
    "dispatch": {"task": "recommendations.tasks.dispatch", "schedule": 2.0, "options": {"expires": 10}},
}
