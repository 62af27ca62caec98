import pytest
from django.contrib.auth.signals import user_logged_in
from django.core import signing

from recommendations import receivers
from recommendations.services.identify import SALT


@pytest.mark.django_db
def test_whatever_fails_at_a_login_the_user_is_logged_in(rf, django_user_model, monkeypatch, caplog):
    def fail(**_):
        raise RuntimeError("no merging today")

    monkeypatch.setattr(receivers, "merge", fail)
    request, user = rf.get("/"), django_user_model.objects.create_user("ann")
    request.COOKIES["basketry_visitor"] = signing.dumps("7f1c0f5e-5f0a-4f6e-9d8e-3f1f5f0a4f6e", salt=SALT)
    user_logged_in.send(sender=type(user), request=request, user=user)
    assert "no merging today" in caplog.text
