"""Networks are refreshed between two trainings: the job, and what it leaves on the version's row."""

from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("mine", "mine rules"),
    ("train", "train the network"),
    ("refresh", "refresh the network"),
    ("prune", "prune old rows"),
    ("recount", "count everything anew"),
    ("backfill", "back-fill the shop's own orders"),
]


def forget(apps, schema_editor):
    """The way back: a run of a kind that is unknown again would break its constraint."""
    runs = apps.get_model("recommendations", "JobRun").objects.using(schema_editor.connection.alias)
    runs.filter(kind="refresh").delete()


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0008_strategies")]
    operations = [
        migrations.AddField("artefact", "refreshed", models.JSONField("refreshed", default=dict, blank=True)),
        migrations.RemoveConstraint("jobrun", "rec_job_kind"),
        migrations.AlterField("jobrun", "kind", models.CharField("kind", max_length=10, choices=KINDS)),
        migrations.AddConstraint(
            "jobrun",
            models.CheckConstraint(condition=Q(kind__in=[name for name, _ in KINDS]), name="rec_job_kind"),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget),
    ]
