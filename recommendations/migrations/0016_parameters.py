"""Parameters that staff choose, what runs were made with, their logs, and previews of rules."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("mine", "mine rules"),
    ("train", "train the network"),
    ("refresh", "refresh the network"),
    ("prune", "prune old rows"),
    ("recount", "count everything anew"),
    ("backfill", "back-fill the shop's own orders"),
    ("statistics", "statistics of items"),
    ("exposures", "learn from what was shown"),
    ("preview", "preview rules"),
]
LEVELS = [("info", "told"), ("warning", "warning"), ("error", "error")]
DESKS = [("mining", "mining"), ("training", "training")]


def remove(apps, schema_editor):
    """An earlier version knows no previews."""
    apps.get_model("recommendations", "JobRun").objects.filter(kind="preview").delete()


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0015_manual_rules")]

    operations = [
        migrations.CreateModel(
            name="Parameters",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("desk", models.CharField("desk", choices=DESKS, max_length=10, unique=True)),
                ("values", models.JSONField("values", default=dict)),
                ("version", models.PositiveIntegerField("version", default=0)),
                ("changed_by", models.CharField("changed by", max_length=150)),
                ("changed_at", models.DateTimeField("changed", auto_now=True)),
            ],
            options={
                "verbose_name": "parameters",
                "verbose_name_plural": "parameters",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(desk__in=[name for name, _ in DESKS]), name="rec_parameters_desk"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JobLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField("when")),
                ("level", models.CharField("level", choices=LEVELS, max_length=7)),
                ("text", models.CharField("line", max_length=500)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="recommendations.jobrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a job's log",
                "verbose_name_plural": "lines of jobs' logs",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=Q(level__in=[name for name, _ in LEVELS]), name="rec_joblog_level")
                ],
                "indexes": [models.Index(fields=["job", "id"], name="rec_joblog_job")],
            },
        ),
        migrations.AddField("jobrun", "parameters", models.JSONField("parameters", blank=True, default=dict)),
        # The constraint lets nothing out that the earlier one refuses: backwards, the rows go first.
        migrations.RemoveConstraint("jobrun", "rec_job_kind"),
        migrations.RunPython(migrations.RunPython.noop, remove),
        migrations.AlterField("jobrun", "kind", models.CharField("kind", max_length=10, choices=KINDS)),
        migrations.AddConstraint(
            "jobrun",
            models.CheckConstraint(condition=Q(kind__in=[name for name, _ in KINDS]), name="rec_job_kind"),
        ),
    ]
