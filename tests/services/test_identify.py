import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse

from recommendations.models import Shopper
from recommendations.services.identify import (
    consent_of,
    ensure_shopper_key,
    may_record,
    set_consent,
    shopper_key,
)
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of(rf):
    def build(user=None, cookie=None):
        request = rf.get("/")
        request.user = user or AnonymousUser()
        if cookie:
            request.COOKIES["basketry_visitor"] = cookie
        return request

    return build


def test_an_account_is_known_by_its_key(request_of, django_user_model):
    user = django_user_model.objects.create_user("ann")
    assert shopper_key(request_of(user)) == f"user:{user.pk}"


def test_a_stranger_is_nobody_until_something_is_recorded(request_of):
    request, response = request_of(), HttpResponse()
    assert shopper_key(request) is None
    key = ensure_shopper_key(request, response)
    cookie = response.cookies["basketry_visitor"]
    assert key.startswith("anon:")
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert shopper_key(request_of(cookie=cookie.value)) == key


def test_a_known_visitor_gets_no_new_cookie(request_of):
    response = HttpResponse()
    ensure_shopper_key(request_of(), response)
    again = HttpResponse()
    ensure_shopper_key(request_of(cookie=response.cookies["basketry_visitor"].value), again)
    assert not again.cookies


@pytest.mark.parametrize("cookie", ["anon:1", "f" * 32, "x:y:z", "\x00"])
def test_a_forged_cookie_is_nobody(request_of, cookie):
    assert shopper_key(request_of(cookie=cookie)) is None


def allowed(key):
    return may_record(consent_of(key))


def test_a_refusal_holds_from_the_next_question_on(django_assert_num_queries):
    assert allowed("anon:1")
    set_consent(shopper_key="anon:1", state="refused", now=NOW)
    with django_assert_num_queries(1):
        assert not allowed("anon:1")
    set_consent(shopper_key="anon:1", state="granted", now=NOW)
    assert allowed("anon:1")


def test_with_opt_in_only_a_yes_allows(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    assert not allowed("anon:1")
    set_consent(shopper_key="anon:1", state="granted", now=NOW)
    assert allowed("anon:1")


def test_a_merged_visitor_has_the_accounts_consent():
    account = Shopper.objects.create(key="user:1", consent="refused")
    Shopper.objects.create(key="anon:1", consent="granted", merged_into=account)
    assert consent_of("anon:1") == "refused"
    assert consent_of("anon:2") is None


def test_an_unknown_state_is_refused():
    with pytest.raises(ValueError, match="maybe"):
        set_consent(shopper_key="anon:1", state="maybe", now=NOW)


@pytest.mark.parametrize(("consent", "known"), [("undecided", False), ("granted", False), ("refused", True)])
def test_after_logout_the_merged_visitor_is_a_stranger_unless_the_account_refused(
    request_of, consent, known, django_assert_num_queries
):
    response = HttpResponse()
    key = ensure_shopper_key(request_of(), response)
    cookie = response.cookies["basketry_visitor"].value
    account = Shopper.objects.create(key="user:1", consent=consent)
    Shopper.objects.create(key=key, merged_into=account)
    request = request_of(cookie=cookie)
    with django_assert_num_queries(1):
        assert shopper_key(request) == shopper_key(request) == (key if known else None)
    again = HttpResponse()
    assert (ensure_shopper_key(request, again) == key) is known
