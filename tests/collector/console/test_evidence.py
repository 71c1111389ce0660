"""Facts as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.console.evidence import all_facts, evidence, origin, size_text, value_text
from support.console_alerts import make_alert


def lines_of(rule_id: str, language: str = "zh", **facts: object) -> dict[str, dict[str, str]]:
    groups = evidence(make_alert(3, rule_id, **facts).facts, language)
    return {group.key: {line.label: line.value for line in group.lines} for group in groups}


def test_a_copied_file_shows_mark_medium_file_and_actor() -> None:
    groups = lines_of("med-06")
    assert list(groups) == ["mark", "medium", "file", "actor", "host"]
    assert groups["mark"]["标志原文"] == "机密★5年"
    assert groups["mark"]["所在位置"] == "首页顶端"
    assert groups["file"]["源文件"] == "/home/u3/文档/总体方案-3.docx"
    assert groups["file"]["目标文件"].startswith("/media/u3/")
    assert len(groups["file"]["SHA-256"]) == 64
    assert groups["actor"]["命令行"].startswith("cp ")
    assert groups["actor"]["取证时机"].startswith("事件发生时")
    assert groups["medium"]["文件系统标识"] == "6A1F-09C2"
    assert groups["medium"]["已登记"] == "否"
    assert groups["host"]["密级"] == "机密"


def test_in_english_a_level_keeps_its_chinese_word() -> None:
    assert lines_of("med-06", "en")["host"]["Level"] == "机密 secret"


def test_what_could_not_be_inspected_is_said_with_its_reason() -> None:
    groups = lines_of("med-06", **{"inspection.inspected": "none", "inspection.reason": "encrypted"})
    assert groups["mark"]["检查结果"] == "未能检查"
    assert groups["mark"]["未能完整检查的原因"] == "已加密"


def test_links_and_silence_have_their_own_groups() -> None:
    assert lines_of("net-07")["device"]["手机共享上网"] == "是"
    assert lines_of("sys-05")["silence"]["已失联（秒）"] == "10800"


def test_the_rules_facts_come_first_and_the_rest_follows_by_name() -> None:
    facts = make_alert(3).facts
    tested, rest = all_facts(facts, ["mark.level", "nowhere", "mark.level", "ticket.matched"], "zh")
    assert [fact.name for fact in tested] == ["mark.level", "ticket.matched"]
    assert [fact.name for fact in rest] == sorted(set(facts) - {"mark.level", "ticket.matched"})


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("host.name", "register"),
        ("medium.registered", "register"),
        ("medium.exceeds_host", "computed"),
        ("medium.serial_number", "medium"),
        ("mark.level", "inspector"),
        ("actor.process.cmd_line", "process"),
        ("file.path", "file"),
        ("interface.driver", "kernel"),
    ],
)
def test_every_fact_has_an_origin(name, who) -> None:
    assert origin(name) == who


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB (1,000 B)"),
        (48_213, "48.2 kB (48,213 B)"),
        (15_376_000_000, "15.4 GB (15,376,000,000 B)"),
        (10**16, "10000.0 TB (10,000,000,000,000,000 B)"),
    ],
)
def test_sizes(size, text) -> None:
    assert size_text(size) == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(make_alert(1).facts)) | st.text(), json_values, max_size=8))
def test_any_facts_can_be_read(facts) -> None:
    evidence(facts, "zh")
    tested, rest = all_facts(facts, list(facts)[:2], "en")
    assert all(isinstance(fact.value, str) for fact in (*tested, *rest))


def test_lists_and_unknown_words_read_as_text() -> None:
    assert value_text("device.interfaces", ["08/06/50", "03/01/01"], "zh") == "08/06/50; 03/01/01"
    assert value_text("mark.level", "浅密", "zh") == "浅密"
