"""Both README files say the same: the same code, figures and files, in as many sections."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENGLISH, CHINESE = ((ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md"))


def code(text):
    blocks = re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", text)
    return [(language, re.sub(r"(?m)^(make \w+).*", r"\1", body)) for language, body in blocks]


def figures(text):
    """Every number of the tables, in order; Chinese words for units aside."""
    return re.findall(r"\d[\d,.]*|\.\d+", "\n".join(line for line in text.splitlines() if line.startswith("| ")))


def test_the_code_is_the_same():
    assert code(ENGLISH) == code(CHINESE)


def test_the_sections_are_as_many():
    assert ENGLISH.count("\n## ") == CHINESE.count("\n## ")
    assert ENGLISH.count("\n- ") == CHINESE.count("\n- ")


def test_the_figures_are_the_same():
    english, chinese = (sorted(number.rstrip(",.") for number in figures(text)) for text in (ENGLISH, CHINESE))
    assert english == chinese


def test_every_file_that_is_named_is_there():
    for text in (ENGLISH, CHINESE):
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert target.startswith("http") or (ROOT / target).exists(), target
