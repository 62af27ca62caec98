"""Who is asking: one statement for their consent, what they bought and did lately, and the live versions."""

from datetime import datetime

from recommendations.selectors.persons import MOST_EVENTS, Person, person
from recommendations.services.identify import may_record
from recommendations.services.opinion import Question


def asker(question: Question, *, since: datetime | None = None, most: int = MOST_EVENTS) -> Person | None:
    """The asking shopper, with `most` events from `since` on; None for a stranger and after a refusal.

    Consent is read each time, so a refusal holds from the next request on.
    """
    if question.shopper is None:
        return None
    found = person(question.shopper, since=since, most=most)
    return found if may_record(found.consent) else None
