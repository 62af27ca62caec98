"""What staff may do beyond looking and editing rows, each thing by a permission of its own."""

from django.db import migrations

PERMISSIONS = {
    "artefact": [
        ("publish_artefact", "Can let a version serve"),
        ("roll_back_artefact", "Can roll back to an earlier version"),
    ],
    "jobrun": [("run_jobrun", "Can run and cancel jobs")],
    "rule": [("decide_rule", "Can decide of rules"), ("export_rule", "Can export rules")],
    "shopper": [("see_personal_data", "Can see what single shoppers did and were shown")],
}
NAMES = {
    "artefact": ("artefact", "artefacts"),
    "jobrun": ("job", "jobs"),
    "rule": ("rule", "rules"),
    "shopper": ("shopper", "shoppers"),
}


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0012_exposures")]

    operations = [
        migrations.AlterModelOptions(
            name=model,
            options={
                "permissions": permissions,
                "verbose_name": NAMES[model][0],
                "verbose_name_plural": NAMES[model][1],
            },
        )
        for model, permissions in PERMISSIONS.items()
    ]
