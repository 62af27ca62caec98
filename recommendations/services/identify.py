"""Who is asking: the account, or an anonymous visitor by a signed cookie; and what they decided about their data."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db.models import F, QuerySet

from recommendations.conf import settings
from recommendations.models import BrowseLog, Consent, Impression, Shopper, database
from recommendations.services import changed_days, exposures

SALT = "recommendations.visitor"
MEMO = "_basketry_visitor_is_spent"
COOKIE_AGE = timedelta(days=365)


def shopper_key(request: Any) -> str | None:
    """`user:<pk>` of the account, `anon:<uuid>` of the visitor's cookie, None for a stranger without one.

    After a logout the visitor that became the account is spent: whoever sits at the device now is a stranger, unless
    the account refused, which holds for the device too. One query for a request with a cookie and no account.
    """
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    visitor = visitor_key(request)
    return None if visitor is None or _is_spent(visitor, request) else visitor


def visitor_key(request: Any) -> str | None:
    """The anonymous visitor's key by the cookie alone, whether or not there is an account."""
    try:
        value = signing.loads(request.COOKIES.get(settings.VISITOR_COOKIE, ""), salt=SALT)
        return f"anon:{uuid.UUID(str(value))}"
    except (signing.BadSignature, ValueError):
        return None


def own_key(request: Any) -> str | None:
    """The key of whom the asker may erase: the account, or a visitor who never became one.

    Whoever sits at a device after a logout is not the account that the device's visitor became.
    """
    key = shopper_key(request)
    is_account = key is None or key.startswith("user:")
    return key if is_account or not Shopper.objects.filter(key=key, merged_into__isnull=False).exists() else None


def forget_visitor(response: Any) -> None:
    """Let the device forget its visitor."""
    response.delete_cookie(settings.VISITOR_COOKIE, domain=django_settings.SESSION_COOKIE_DOMAIN, samesite="Lax")


def ensure_shopper_key(request: Any, response: Any) -> str:
    """The shopper's key; a stranger becomes a visitor, with a cookie on this response."""
    key = shopper_key(request)
    if key is None:
        visitor = uuid.uuid4()
        response.set_cookie(
            settings.VISITOR_COOKIE,
            signing.dumps(str(visitor), salt=SALT),
            max_age=COOKIE_AGE,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
            domain=django_settings.SESSION_COOKIE_DOMAIN,
        )
        key = f"anon:{visitor}"
    return key


def _is_spent(visitor: str, request: Any) -> bool:
    asked = getattr(request, "_request", request)
    if not hasattr(asked, MEMO):
        merged = Shopper.objects.filter(key=visitor, merged_into__isnull=False)
        setattr(asked, MEMO, merged.exclude(merged_into__consent=Consent.REFUSED).exists())
    return bool(getattr(asked, MEMO))


def find_shopper(words: str) -> str | None:
    """The key of the shopper that staff name by the whole key or by the account's name; None where there is none."""
    if Shopper.objects.filter(key=words).exists():
        return words
    users = get_user_model()
    named = users._default_manager.filter(**{users.USERNAME_FIELD: words}).values_list("pk", flat=True).first()
    return None if named is None else f"user:{named}"


def may_record(consent: str | None) -> bool:
    """Whether a shopper of this state (None: never seen) passes the consent gate."""
    return (consent or Consent.UNDECIDED) in Consent.allowing()


def consent_of(key: str) -> str | None:
    """What the shopper decided; None for one without a row. One query, so a refusal holds from the next request on."""
    row = Shopper.objects.filter(key=key).values_list("consent", "merged_into__consent").first()
    return None if row is None else row[1] or row[0]


@database.joining
def set_consent(*, shopper_key: str, state: str, now: datetime) -> None:
    """Note what the shopper decided. A refusal also deletes what was stored of their browsing."""
    consent = Consent(state)
    shopper, _ = Shopper.objects.get_or_create(key=shopper_key)
    owner = shopper.merged_into_id or shopper.pk
    Shopper.objects.filter(pk=owner).update(consent=consent, consent_version=F("consent_version") + 1, consent_at=now)
    if consent == Consent.REFUSED:
        forget_browsing(owner)


def forget_browsing(shopper_id: int) -> None:
    """Delete what was stored of a shopper's browsing, and take it out of what was learnt from what was shown."""
    delete_browsing(
        events=BrowseLog.objects.filter(shopper_id=shopper_id), lists=Impression.objects.filter(shopper_id=shopper_id)
    )


def delete_browsing(*, events: "QuerySet[BrowseLog]", lists: "QuerySet[Impression]") -> int:
    """Delete these rows as if they had never been, in the caller's transaction; returns how many they were."""
    changed_days.note_forgotten(events=events, lists=lists)
    exposures.uncount(lists)
    return int(events.delete()[0] + lists.delete()[0])
