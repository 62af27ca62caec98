"""Everything that a run may tell is translated: found in the source, so that a new message is not forgotten."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

import recommendations
from recommendations.models import JobKind, JobRun
from recommendations.services.job_results import RESULTS, sentences
from recommendations.services.job_words import MESSAGES, in_words, meaning

SOURCE = Path(recommendations.__file__).parent
ELSEWHERE = {"import_events.py", "import_orders.py", "importing.py", "tune.py", "tuned.py", "fold.py"}
"""Commands of their own, told on a terminal."""

REASONS = {"NotEnoughData", "NothingChanged", "DriftTooLarge"}


def told():
    """The text of every progress and of every reason to skip, each value in it a 7."""
    for folder in ("services", "neural"):
        for path in sorted((SOURCE / folder).glob("*.py")):
            if path.name in ELSEWHERE:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                    text = text_of(node.args[-1])
                    if text and (node.func.id in REASONS or (node.func.id == "progress" and len(node.args) == 2)):
                        yield path.name, text


def text_of(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def test_each_message_of_the_source_is_known():
    found = set(told())
    assert len(found) > 25
    unknown = {one for one in found if meaning(one[1]) is None}
    # What is put together of others or of names.
    assert {text for _, text in unknown} == {"7 old 7 deleted", "7; 7"}


def test_each_message_is_its_own_and_keeps_its_values():
    for message in MESSAGES:
        values = dict.fromkeys(meaning_names(message), "1,234")
        assert in_words(message % values) == message % values
        assert meaning(message % values) == (message, values)


def meaning_names(message):
    return [part.partition(")")[0] for part in message.split("%(")[1:]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5,678 pairs in at least 5 orders", "5,678"),
        ("cancelled by anna", "anna"),
        ("7 old outcomes deleted", "7"),
        ("1 events, 2 impressions, 3 outcomes, 4 jobs", "3 行"),
    ],
)
def test_staff_read_their_own_language(text, expected):
    with translation.override("zh-hans"):
        read = in_words(text)
    assert expected in read
    assert read != text


def test_each_kind_of_run_tells_its_result():
    assert set(RESULTS) == set(JobKind)
    assert sentences(JobRun(kind=JobKind.OUTCOMES, state="done", result={"days": 3})) == [
        "The figures of 3 days made anew."
    ]


def test_what_nobody_knows_stays_as_it_is():
    assert in_words("ZeroDivisionError: by nought") == "ZeroDivisionError: by nought"
