"""The weekend as staff mean it, in the shop's time zone."""

from datetime import datetime, timedelta

from django.conf import settings as django_settings
from django.utils import timezone

from recommendations.data.cleaning import beginning

SATURDAY = 5


def this_weekend(now: datetime) -> tuple[datetime, datetime]:
    """From Saturday 00:00 to Monday 00:00: the weekend that runs at `now`, or the one that comes next."""
    today = timezone.localdate(now, timezone.get_default_timezone())
    saturday = today + timedelta(days=SATURDAY - today.weekday())
    zone = django_settings.TIME_ZONE
    return beginning(saturday, zone), beginning(saturday + timedelta(days=2), zone)
