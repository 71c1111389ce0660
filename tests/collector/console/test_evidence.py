"""Facts as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.fragments import PARTS, ZONES
from gapwatch_collector.console import evidence as module
from gapwatch_collector.console.evidence import all_facts, evidence, origin, size_text, value_text
from gapwatch_collector.console.words import LANGUAGES, catalogue
from gapwatch_collector.evaluate import replay
from gapwatch_collector.facts.catalogue import catalogue as fact_catalogue
from gapwatch_collector.model import Alert
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_proto.events import (
    Actor,
    DefaultRouteState,
    Device,
    File,
    FileActivity,
    Inspection,
    Mark,
    MarkEvidence,
    Medium,
    NetworkInterface,
    Process,
    RadioState,
    User,
)
from gapwatch_proto.kinds import Kind
from support.console_alerts import make_alert
from support.evaluation import Story

RULES = load(shipped_folder())


def lines_of(rule_id: str, language: str = "zh", **facts: object) -> dict[str, dict[str, str]]:
    groups = evidence(make_alert(3, rule_id, **facts).facts, language)
    return {group.key: {line.label: line.value for line in group.lines} for group in groups}


def test_a_copied_file_shows_mark_medium_file_and_actor() -> None:
    groups = lines_of("med-06")
    assert list(groups) == ["mark", "medium", "file", "actor", "host"]
    assert groups["mark"]["标识原文"] == "机密★5年"
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
    first = ["mark.level", "nowhere", "ticket.matched", "host.classified", "host.level.state"]
    assert [fact.name for fact in tested] == first
    assert [fact.value for fact in tested] == ["机密", "无记录", "否", "是", "机密"]
    assert [fact.name for fact in rest] == sorted(set(facts) - set(first))


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
        ("technology", "kernel"),
        ("action", "file"),
        ("mount_point", "medium"),
        ("file.medium_ceiling", "register"),
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


# --- the names are those the evaluator writes -------------------------------------------------------------------------


def test_every_fact_the_page_asks_for_exists() -> None:
    known = set(fact_catalogue())
    asked = {name for wanted in module._GROUPS.values() for _label, names, _exact in wanted for name in names}
    asked |= set(module._VOCABULARIES) | set(module._GROUNDS) | {n for names in module._GROUNDS.values() for n in names}
    assert asked - known == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_is_of_a_fact_and_every_fact_that_a_rule_tests_has_one(language) -> None:
    labelled = {key.removeprefix("fact.") for key in catalogue(language) if key.startswith("fact.")}
    assert labelled - set(fact_catalogue()) == set()
    tested = {name for rule in RULES.rules for name in rule.fact_names}
    tested |= {ground for name in tested for ground in module._GROUNDS.get(name, ())}
    assert tested - labelled == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_a_mark_can_stand_in_has_a_word(language) -> None:
    wanted = {f"mark_part.{part}" for part in PARTS} | {f"mark_zone.{zone}" for zone in ZONES}
    assert wanted - set(catalogue(language)) == set()


def test_the_alerts_of_these_tests_have_real_facts() -> None:
    for rule_id in ("med-06", "med-01", "dev-01", "net-07", "net-03", "sys-05"):
        assert set(make_alert(1, rule_id).facts) - set(fact_catalogue()) == set()


def real(catalogue_id: str) -> Alert:
    """What the evaluator makes of a host's records."""
    stick = Medium(
        vendor_name="SanDisk", product_name="Cruzer Blade", serial_number="4C530001", filesystem_id="1A2B-3C4D"
    )
    mark = Mark(
        "state", "secret", "机密", "P5Y", "5年", 0.98, (MarkEvidence("document", 1, "first_page_top", "机密★5年"),)
    )
    process = Process(4821, 99, "cp", "/usr/bin/cp", "cp 方案.docx /media/u", 4000, "bash", "held")
    copied = FileActivity(
        action="closed_write",
        file=File("/media/u/方案.docx", "方案.docx", 48_213, "ab" * 32),
        source=File("/home/u/方案.docx", "方案.docx"),
        medium=stick,
        inspection=Inspection("full", "", "docx", mark),
        actor=Actor(process, User(1000, "zhang")),
        act="4821-99",
    )
    card = Device(vendor_name="Intel", product_name="AX201", driver="iwlwifi")
    usb = NetworkInterface("usb0", 3, "02:00:00:00:00:2a", driver="rndis_host", tethered=True)
    story = Story().host(unit="总体室", responsible_person="责任人甲")
    story.record(Kind.MARKED_FILE_WRITTEN, copied)
    story.record(Kind.RADIO_STATE, RadioState("wifi", "wlan0", "up", "absent", "dc:a6:32:00:00:01", card))
    story.record(Kind.DEFAULT_ROUTE_STATE, DefaultRouteState(usb, "192.168.42.129", "ipv4", 254, 100, "present"))
    return next(alert for alert in replay(story.entries, RULES) if alert.catalogue_id == catalogue_id)


@pytest.mark.parametrize("catalogue_id", ["MED-06", "FIL-17"])
def test_a_real_copy_shows_everything_an_officer_needs(catalogue_id) -> None:
    facts = real(catalogue_id).facts
    groups = {group.key: {line.label: line.value for line in group.lines} for group in evidence(facts, "zh")}
    assert groups["host"] == {
        "名称": "涉机-017",
        "区域": "涉密网",
        "密级": "机密",
        "单位": "总体室",
        "责任人": "责任人甲",
    }
    assert groups["actor"]["登录人"] == "zhang"
    assert groups["actor"]["程序"] == "/usr/bin/cp"
    assert groups["actor"]["命令行"] == "cp 方案.docx /media/u"
    assert groups["file"]["源文件"] == "/home/u/方案.docx"
    assert groups["file"]["目标文件"] == "/media/u/方案.docx"
    assert groups["file"]["SHA-256"] == "ab" * 32
    medium = groups["medium"]
    shown = ("SanDisk", "Cruzer Blade", "4C530001", "1A2B-3C4D")
    assert tuple(medium[label] for label in ("厂商", "型号", "序列号", "文件系统标识")) == shown
    assert groups["mark"]["标识原文"] == "机密★5年"
    assert groups["mark"]["所在位置"] == "首页顶端"


def test_why_a_real_alert_fired_names_what_was_false_too() -> None:
    alerts = {name: real(name) for name in ("MED-06", "FIL-17", "NET-03")}
    why = {
        name: {fact.name: fact.value for fact in all_facts(a.facts, RULES.rule(a.rule_id).fact_names, "zh")[0]}
        for name, a in alerts.items()
    }
    assert why["MED-06"]["file.exceeds_medium"] == "是"
    assert why["MED-06"]["medium.registered"] == "否"
    assert why["MED-06"]["file.medium_ceiling"] == "无记录"
    assert why["FIL-17"]["ticket.matched"] == "否"
    assert why["FIL-17"]["action"] == "写入"
    assert all(facts["host.classified"] == "是" for facts in why.values())
    assert why["NET-03"]["route.approved"] == "否"


def test_a_real_radio_and_a_real_route_show_themselves() -> None:
    radio, route = (
        {
            line.label: line.value
            for group in evidence(real(name).facts, "zh")
            if group.key == "device"
            for line in group.lines
        }
        for name in ("DEV-01", "NET-03")
    )
    assert (radio["类型"], radio["接口"], radio["状态"], radio["先前状态"]) == ("Wi-Fi", "wlan0", "已启用", "不存在")
    assert (radio["地址"], radio["型号"], radio["驱动"]) == ("dc:a6:32:00:00:01", "AX201", "iwlwifi")
    assert (route["网关"], route["接口"], route["状态"]) == ("192.168.42.129", "usb0", "存在")
