"""The plugin's words in Simplified Chinese: whole, up to date with the source, and compiled."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

import recommendations
from recommendations.models import Placement
from recommendations.models.placements import USUAL_TITLES

SOURCE = Path(recommendations.__file__).parent
CATALOGUE = SOURCE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MARKS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "_"}
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[a-z]")
HAN = re.compile(r"[\u4e00-\u9fff]")
SAME = {"SHA-256"}
"""What a Chinese reader reads as it is."""


def marked():
    """Each message of the source as (context, message, plural); context and plural are empty where there is none."""
    for path in SOURCE.rglob("*.py"):
        yield from calls(ast.parse(path.read_text()))
    for path in SOURCE.rglob("*.html"):
        code = templatize(path.read_text(), origin=str(path))
        # What stands between the tags is no code: each call is read by itself.
        for call in re.findall(r"(?:gettext|pgettext|ngettext|_)\(u?(?:'.*?'|\".*?\")\)", code):
            yield from calls(ast.parse(call))


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            context = texts.pop(0) if node.func.id.startswith("pgettext") else ""
            if texts:
                yield context, texts[0], texts[1] if len(texts) > 1 else ""


def entries():
    """Each entry of the catalogue as (context, message, plural, translation, is fuzzy), the header left out."""
    for block in CATALOGUE.read_text().split("\n\n")[1:]:
        found = {"msgctxt": "", "msgid_plural": ""}
        for line in block.strip().splitlines():
            name, _, text = line.partition(" ")
            if name.startswith("msg"):
                found[name.removesuffix("[0]")] = ast.literal_eval(text)
            else:
                assert name.startswith("#"), f"one line a message: makemessages --no-wrap, not {line!r}"
        translation = found["msgstr"]
        yield found["msgctxt"], found["msgid"], found["msgid_plural"], translation, "#, fuzzy" in block


def test_every_message_of_the_source_is_in_the_catalogue_and_no_other():
    known = {entry[:3] for entry in entries()}
    assert len(known) > 400
    # A message that stands alone here and with a plural there is one entry, the one with the plural.
    plurals = {(context, message) for context, message, plural in known if plural}
    wanted = {one for one in marked() if one[2] or one[:2] not in plurals}
    assert wanted == known


def test_every_translation_is_there_and_keeps_its_placeholders():
    for _, message, plural, translation, is_fuzzy in entries():
        assert not is_fuzzy, message
        assert HAN.search(translation) or message in SAME | {" and "}, message
        given = PLACEHOLDER.findall(plural or message)
        assert sorted(PLACEHOLDER.findall(translation)) == sorted(given), message
        assert ("%%" in translation) == ("%%" in message), message


def test_the_compiled_file_is_of_this_catalogue():
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    catalogue = {key: text for key, text in compiled._catalog.items() if key}
    expected = {}
    for context, message, plural, translation, _ in entries():
        key = f"{context}\x04{message}" if context else message
        expected[(key, 0) if plural else key] = translation
    assert catalogue == expected


@pytest.mark.django_db
def test_the_titles_of_the_usual_placements_can_be_translated():
    assert set(Placement.objects.values_list("title", flat=True)) == set(USUAL_TITLES)
