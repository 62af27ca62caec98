"""The README's steps, as blocks that can be pasted."""

import re
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
SECTION = "## Embed it in five steps\n"


@dataclass(frozen=True)
class Block:
    """One block of code: `label` is its first line, a comment that says where it goes; a shell's block has none."""

    language: str
    label: str
    lines: tuple[str, ...]


def steps() -> list[Block]:
    _, _, after = README.read_text().partition(SECTION)
    section, _, _ = after.partition("\n## ")
    return [
        _block(language, body.splitlines()) for language, body in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", section)
    ]


def _block(language: str, lines: list[str]) -> Block:
    if language == "sh":
        return Block(language, "", tuple(lines))
    label = re.fullmatch(r"(?:# |\{# )(.*?)(?: #\})?", lines[0])
    assert label, f"the first line does not say where it goes: {lines[0]}"
    return Block(language, label[1], tuple(lines[1:]))
