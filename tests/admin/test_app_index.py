"""The plugin's page of the admin links each desk for whoever may use it, and a host's own page stands in its place."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

pytestmark = pytest.mark.django_db

DESKS = {
    "placement_dashboard": {"view_impression"},
    "rule_graph": {"view_rule"},
    "jobrun_changelist": {"view_jobrun"},
    "jobrun_mining": {"run_jobrun"},
    "jobrun_training": {"run_jobrun"},
    "artefact_changelist": {"view_artefact"},
    "placement_changelist": {"view_placement"},
    "shopper_changelist": {"view_shopper", "see_personal_data"},
    "ruledecision_audit": {"view_logentry"},
}
INDEX = "/admin/recommendations/"


def desks_of(client):
    content = client.get(INDEX).content.decode()
    before, _, desks = content.partition('<ul class="basketry-desks">')
    return (desks or before).partition("</ul>")[0]


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_is_linked_for_who_may_use_it_and_for_nobody_else(client, desk):
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in={*DESKS[desk], "view_category", "view_item"}))
    client.force_login(user)
    address = reverse(f"admin:recommendations_{desk}")
    assert f'href="{address}"' in desks_of(client)
    assert client.get(address).status_code == 200
    for missing in DESKS[desk]:
        user.user_permissions.set(Permission.objects.filter(codename__in={*DESKS[desk], "view_item"} - {missing}))
        assert f'href="{address}"' not in desks_of(client)


def test_a_hosts_own_template_stands_in_its_place(admin_client, settings, tmp_path):
    own = tmp_path / "admin/recommendations/app_index.html"
    own.parent.mkdir(parents=True)
    own.write_text("the host's own")
    (templates,) = settings.TEMPLATES
    settings.TEMPLATES = [{**templates, "DIRS": [tmp_path]}]
    assert admin_client.get(INDEX).content.decode() == "the host's own"
