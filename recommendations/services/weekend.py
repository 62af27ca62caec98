"""The weekend as staff mean it, in the shop's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from recommendations.data.cleaning import beginning

SATURDAY = 5


def this_weekend(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """From Saturday 00:00 to Monday 00:00: the weekend that runs at `now`, or the one that comes next."""
    today = now.astimezone(ZoneInfo(zone)).date()
    saturday = today + timedelta(days=(SATURDAY - today.weekday()) % 7)
    if today.weekday() > SATURDAY:
        saturday = today - timedelta(days=1)
    return beginning(saturday, zone), beginning(saturday + timedelta(days=2), zone)
