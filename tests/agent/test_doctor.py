"""The doctor: every finding speaks both languages and the table shows what is missed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from gapwatch_agent import doctor
from gapwatch_agent.config import Config, Paths, SpoolLimits
from gapwatch_agent.inspector import child
from gapwatch_agent.inspector.limits import Limits


def test_every_finding_says_what_is_missed_without_it(tmp_path: Path) -> None:
    report = doctor.examine(Config(paths=Paths(state=tmp_path / "none" / "yet")))
    assert len({finding.subject for finding in report}) == len(report) >= 10
    for finding in report:
        assert finding.mechanism
        assert finding.missed_en
        assert finding.missed_zh


def test_a_disk_too_small_for_the_spool_is_said(tmp_path: Path) -> None:
    huge = Config(paths=Paths(state=tmp_path), spool=SpoolLimits(bytes_max=1 << 60))
    (room,) = [f for f in doctor.examine(huge) if f.subject == "room for the spool"]
    assert not room.in_force


def test_enrolment_is_recognised(tmp_path: Path) -> None:
    def membership() -> doctor.Finding:
        config = Config(paths=Paths(state=tmp_path))
        return next(f for f in doctor.examine(config) if f.subject == "enrolment")

    assert not membership().in_force


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_names_the_missing_and_the_unseeable(lang: str) -> None:
    lacking = doctor.Finding(
        "files", in_force=False, mechanism="watchdog", missed_en="who", missed_zh="何人", remedy="root"
    )
    there = doctor.Finding("网络", in_force=True, mechanism="rtnetlink", missed_en="links", missed_zh="链路")
    table = doctor.as_table([lacking, there], lang)
    assert ("何人" if lang == "zh" else "who") in table
    assert ("链路" if lang == "zh" else "links") not in table
    assert ("人工核查" if lang == "zh" else "manual check") in table
    assert "✗" in table
    assert "✓" in table


def test_every_subject_has_a_chinese_name() -> None:
    table = doctor.as_table(doctor.examine(Config()), "zh")
    assert not [f.subject for f in doctor.examine(Config()) if f"\n{f.subject}" in table]


def test_every_remedy_has_a_chinese_wording() -> None:
    report = [replace(finding, in_force=False) for finding in doctor.examine(Config())]
    table = doctor.as_table(report, "zh")
    assert not [f.remedy for f in report if f.remedy and f"→ {f.remedy}" in table]


def test_the_cage_is_asked_what_stands_and_not_assumed() -> None:
    layers = child.layers(child.Nursery(Limits()))
    lacking = [layer.name for layer in layers if not layer.in_force]
    (cage,) = [f for f in doctor.examine(Config()) if f.subject == "the inspector's cage"]
    assert cage.in_force is not bool(lacking)
    assert all(name in cage.mechanism for name in lacking)


def test_json_for_machines() -> None:
    report = doctor.examine(Config())
    assert [entry["subject"] for entry in json.loads(doctor.as_json(report))] == [f.subject for f in report]


def test_the_language_comes_from_the_environment() -> None:
    assert doctor.language({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert doctor.language({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}) == "en"
    assert doctor.language({}) == "en"


@pytest.mark.kernel
def test_as_root_the_kernel_gives_what_the_sensors_need() -> None:
    assert os.geteuid() == 0
    found = {finding.subject: finding.in_force for finding in doctor.examine(Config())}
    for subject in ("files on media", "process and source of a copy", "links, addresses, routes"):
        assert found[subject], subject
