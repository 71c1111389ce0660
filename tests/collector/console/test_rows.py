"""An alert as a row."""

from __future__ import annotations

from dataclasses import replace

from gapwatch_collector.console.rows import SHAPES, alert_row, person_name
from support.console_alerts import FakeRules, make_alert


def test_a_row_reads_as_a_sentence_about_something_and_somebody() -> None:
    row = alert_row(make_alert(3), FakeRules(), "zh")
    assert "复制到" in row.sentence
    assert row.machine == "涉机-004"
    assert row.subject == "Cruzer Blade …1710"
    assert "4C5300012000311710" in row.subject_full
    assert row.person == "结构岗3"
    assert row.catalogue_id == "MED-06"


def test_the_sentence_follows_the_language() -> None:
    assert "no approval matches" in alert_row(make_alert(3), FakeRules(), "en").sentence


def test_links_and_radios_stand_in_the_same_column() -> None:
    assert alert_row(make_alert(1, "net-07"), FakeRules(), "zh").subject == "usb0 rndis_host"
    assert alert_row(make_alert(1, "dev-01"), FakeRules(), "zh").subject == "phy0 mt76x2u"


def test_a_rule_that_is_gone_leaves_a_readable_row() -> None:
    row = alert_row(replace(make_alert(1), rule_id="gone", catalogue_id="OLD-01"), FakeRules(), "zh")
    assert row.title == row.sentence == "OLD-01"


def test_an_unknown_machine_is_named_by_its_id() -> None:
    alert = replace(make_alert(1), facts={})
    assert alert_row(alert, FakeRules(), "zh").machine == alert.host_id.hex()[:12]


def test_a_person_without_a_name_is_a_number_and_nobody_is_nobody() -> None:
    assert person_name({"actor.user.uid": 1003}) == "uid 1003"
    assert person_name({"actor.user.uid": -1}) == ""
    assert person_name({}) == ""


def test_a_severity_out_of_range_still_has_a_shape() -> None:
    assert alert_row(replace(make_alert(1), severity=9), FakeRules(), "zh").severity in SHAPES
