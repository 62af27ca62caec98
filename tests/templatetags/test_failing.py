"""Whatever fails, the host's page is shown."""

import logging

import pytest
from django.db import DatabaseError, connection, transaction
from django.template import Template, TemplateSyntaxError

from recommendations import catalogue
from recommendations.models import Placement
from recommendations.selectors import serving
from recommendations.services import asking
from tests.templatetags.pages import render

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sold")]


def test_what_the_shop_does_not_know_prints_nothing_and_is_no_error(visit, caplog):
    assert render("{% related_items 'unheard-of' %}", visit) == ""
    assert not caplog.records


@pytest.mark.parametrize(
    "tag",
    [
        "{% related_items nothing %}",
        "{% related_items 'a' limit=0 %}",
        "{% related_items 'a' limit='x' %}",
        "{% related_items 'a' placement='unheard-of' %}",
        "{% cart_suggestions nothing %}",
        "{% cart_suggestions 5 %}",
        "{% related_items broken.product %}",
    ],
)
def test_what_cannot_be_answered_prints_nothing_and_is_logged(visit, caplog, tag):
    class Broken:
        @property
        def product(self):
            raise RuntimeError("no product today")

    values = {"nothing": None, "broken": Broken()}
    assert render(tag + "after", visit, **values) == "after"
    named = tag.replace(" %}", " as found %}") + "{{ found }}{% for card in found %}x{% endfor %}after"
    assert render(named, visit, **values) == "after"
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


@pytest.mark.parametrize(
    "error", [DatabaseError("gone"), RuntimeError("the shop is closed"), TypeError(), MemoryError()]
)
@pytest.mark.parametrize(
    "tag",
    [
        "{% related_items 'a' %}",
        "{% cart_suggestions 'ab' %}",
        "{% recommended_for_you %}",
        "{% recommended_for_you as x %}",
    ],
)
def test_whatever_fails_the_page_is_shown(visit, monkeypatch, caplog, sold, tag, error):
    def fail(*given, **named):
        raise error

    monkeypatch.setattr(sold, "facts", fail)
    assert render(tag + "after", visit) == "after"
    monkeypatch.undo()
    monkeypatch.setattr(asking, "spots", fail)
    assert render(tag + "after", visit) == "after"
    monkeypatch.setattr(catalogue.Catalogue, "context", fail)
    assert render(tag + "after", visit) == "after"
    assert caplog.records


def test_a_broken_template_of_the_host_shows_the_page_without_suggestions(visit, caplog, monkeypatch):
    monkeypatch.setattr("recommendations.templatetags.shelves.BLOCK", "no-such-template.html")
    assert render("{% related_items 'a' %}after", visit) == "after"
    assert render("{% related_items 'a' as found %}{{ found }}after", visit) == "after"
    assert caplog.records


@pytest.mark.sql
@pytest.mark.parametrize("place", ["serving.candidates", "sold.context", "sold.facts", "sold.objects"])
def test_a_failed_query_does_not_spoil_the_hosts_transaction(visit, monkeypatch, sold, place):
    def fail(*given, **named):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    owner, name = place.split(".")
    monkeypatch.setattr({"serving": serving, "sold": sold}[owner], name, fail)
    source = "{% related_items 'a' as found %}{% for card in found %}{{ card.object }}{% endfor %}after"
    with transaction.atomic():
        assert render(source, visit).endswith("after")
        assert Placement.objects.exists()


@pytest.mark.parametrize(
    "tag",
    [
        "{% related_items %}",
        "{% related_items 'a' size=3 %}",
        "{% related_items 'a' 'b' %}",
        "{% recommended_for_you 5 %}",
    ],
)
def test_a_tag_that_is_written_wrongly_is_told_when_the_template_is_loaded(tag):
    with pytest.raises(TemplateSyntaxError):
        Template("{% load recommendations %}" + tag)


def test_a_diversity_out_of_range_shows_nothing_and_says_so(visit, caplog):
    assert render("{% related_items 'a' diversity=2 %}after", visit) == "after"
    assert "diversity: must be a number from 0 to 1, not 2" in caplog.text


def test_a_category_that_is_no_key_shows_nothing_and_says_so(visit, caplog):
    assert render("{% trending category=7 %}after", visit) == "after"
    assert "category" in caplog.text
