"""Rules go out as files whose cells are no formulas, and decisions come back from them, all or none."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from recommendations.catalogue import Context, Facts
from recommendations.exceptions import InvalidInput, UnreadableFile
from recommendations.models import Rule, RuleDecision
from recommendations.services.decide import decide
from recommendations.services.export_rules import COLUMNS, exported
from recommendations.services.import_decisions import confirm, import_decisions, plan
from recommendations.services.sheets import DANGEROUS, as_csv, plain, read_sheet, safe, write_xlsx
from tests.admin.conftest import make_rule

HEADER = "rule,decision,from,to,note\r\n"


@given(st.text(alphabet="'=+-@\t\r\na ", max_size=6))
def test_a_text_is_never_a_formula_and_comes_back_as_it_was(text):
    assert not safe(text).startswith(DANGEROUS)
    assert plain(safe(text)) == text


@pytest.fixture
def rules(db, stocked):
    stocked.shelf["b"] = Facts(key="b", title='=HYPERLINK("http://x")', url="/")
    stocked.shelf["c"] = Facts(key="c", title="绿茶", url="/")
    return [make_rule("a", "b"), make_rule("a", "c", orders=20)]


def export(form, user):
    rows = exported(Rule.objects.live(), Context(), filters={"q": ["tea"]}, form=form, user_id=user.pk)
    if form == "csv":
        return "".join(as_csv(rows)).encode()
    file = io.BytesIO()
    write_xlsx(rows, file)
    return file.getvalue()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_rules_go_out_with_counts_titles_and_decisions_and_one_entry(rules, admin_user, form, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    period = (datetime(2026, 11, 27, 16, tzinfo=UTC), None)
    decide(rule_keys=[rules[1].key], decision="boosted", note="+1 '=x", period=period, user_id=admin_user.pk)
    content = export(form, admin_user)
    if form == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        first = next(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert first["consequent_title"] == '\'=HYPERLINK("http://x")'
    header, first, second = read_sheet(content)
    assert tuple(header) == COLUMNS
    told = dict(zip(header, second, strict=True))
    assert (told["rule"], told["consequent_title"], str(told["orders"])) == (rules[1].key, "绿茶", "20")
    decided = [told[name] for name in ("decision", "from", "to", "note")]
    assert decided[:2] == ["boosted", "2026-11-28 00:00:00"]
    assert not decided[2]
    assert decided[3] == "+1 '=x"
    entry = json.loads(LogEntry.objects.order_by("-pk").first().change_message)["after"]
    assert entry == {"exported_rules": 2, "form": form, "filters": {"q": ["tea"]}}
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_went_out_comes_back_and_changes_nothing(rules, admin_user, form):
    decide(rule_keys=[rules[0].key], decision="rejected", note="'@ =", user_id=admin_user.pk)
    found = plan(export(form, admin_user))
    assert found.problems == ()
    assert dict(found.counts) == {"new": 0, "changed": 0, "withdrawn": 0, "unchanged": 2}


def sheet(*lines):
    return (HEADER + "\r\n".join(lines)).encode()


def test_a_plan_says_what_would_change_and_is_then_written_with_one_entry_each(rules, admin_user, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    decide(rule_keys=["7=>8", "7=>9", "7=>10"], decision="approved", user_id=admin_user.pk)
    before = LogEntry.objects.count()
    content = sheet(
        "7=>8,,,,",
        "7=>9,Rejected,2026/11/28 0:00,2026-11-30,spring",
        "7=>10,approved,,,",
        "7=>11,boosted,,,",
        "7=>12,,,,",
    )
    found = plan(content)
    assert dict(found.counts) == {"new": 1, "changed": 1, "withdrawn": 1, "unchanged": 2}
    assert RuleDecision.objects.filter(decision="approved").count() == 3, "nothing is written"
    assert confirm(found.sealed(), user_id=admin_user.pk) == 3
    rows = {row.rule_key: row for row in RuleDecision.objects.all()}
    assert set(rows) == {"7=>9", "7=>10", "7=>11"}
    assert rows["7=>9"].starts_at == datetime(2026, 11, 27, 16, tzinfo=UTC)
    assert rows["7=>9"].ends_at == datetime(2026, 11, 29, 16, tzinfo=UTC)
    assert LogEntry.objects.count() == before + 3


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("a=>b,approved,,,", "rule", "3,8=>12"),
        ("1=>2,loved,,,", "decision", "approved, rejected, frozen, boosted"),
        ("1=>2,approved,soon,,", "from", "2026-11-28 00:00"),
        ("1=>2,approved,2026-11-28,2026-11-28,", "to", "later than from"),
        (f"1=>2,approved,,,{'x' * 1001}", "note", "1000"),
        ("1=>2,frozen,,,", "decision", "1=>2"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column_and_nothing_is_written(admin_user, line, column, words):
    found = plan(sheet("7=>8,approved,,,", line))
    (problem,) = found.problems
    assert (problem.line, problem.column) == (3, column)
    assert words in problem.words
    with pytest.raises(InvalidInput):
        import_decisions(sheet("7=>8,approved,,,", line), user_id=admin_user.pk)
    assert not RuleDecision.objects.exists()


def test_a_rule_may_stand_once(db):
    (problem,) = plan(sheet("7=>8,approved,,,", "7=>8,rejected,,,")).problems
    assert (problem.line, problem.column) == (3, "rule")


def test_a_plan_that_was_changed_or_is_late_is_refused(admin_user):
    sealed = plan(sheet("7=>8,approved,,,")).sealed()
    with pytest.raises(InvalidInput, match="not the one"):
        confirm(f"{sealed[:-3]}xyz", user_id=admin_user.pk)
    decide(rule_keys=["7=>8"], decision="rejected", user_id=admin_user.pk)
    with pytest.raises(InvalidInput, match="changed since"):
        confirm(sealed, user_id=admin_user.pk)
    assert RuleDecision.objects.get().decision == "rejected"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "lacks rule"),
        (b"rule,note\r\n", "lacks decision, from, to"),
        (b"\xff\xfe", "UTF-8"),
        (b"PK\x03\x04 broken", "no whole XLSX"),
        (b"x" * 5_000_001, "at most 5,000,000"),
        (HEADER.encode() + b"1=>2,,,,\r\n" * 50_001, "more than 50,000 lines"),
    ],
)
def test_a_file_that_is_none_is_refused(db, content, words):
    with pytest.raises(UnreadableFile, match=words):
        plan(content)


def test_commands_export_and_import_the_same(rules, admin_user, tmp_path, capsys):
    file = tmp_path / "rules.csv"
    call_command("export_rules", str(file), user="admin")
    text = file.read_text("utf-8-sig").replace("published,,", "published,approved,")
    file.write_text(text)
    call_command("import_decisions", str(file), user="admin", dry_run=True)
    assert "would be 2 new" in capsys.readouterr().out
    assert not RuleDecision.objects.exists()
    call_command("import_decisions", str(file), user="admin")
    assert RuleDecision.objects.filter(decision="approved").count() == 2
    with pytest.raises(CommandError, match="--user"):
        call_command("import_decisions", str(file), user="nobody")
