"""A sample of the corpus is judged as written: nothing missed, wrong or false. `make accuracy` takes the whole."""

import shutil
from pathlib import Path

import pytest

from corpus.case import Case
from corpus.forms import Form
from corpus.generate import Generator
from corpus.measure import Score, judge, report, scanned, total


@pytest.mark.timeout(600)
def test_a_sample_in_every_format(tmp_path):
    convert = shutil.which("soffice") is not None
    cases = Generator(tmp_path, seed=7, thin=9).cases(convert=convert)
    by_kind, _ = judge(cases, scanned(tmp_path))
    complaints = [f"{kind}: {line}" for kind, score in by_kind.items() for line in score.complaints]
    assert complaints == []
    assert total(by_kind.values()).right > 100
    if not convert:
        pytest.skip("LibreOffice is not installed: only formats that Python writes were judged")


def test_a_miss_a_mistake_and_a_false_alarm_are_counted_as_what_they_are():
    form = Form("机密★5年", "state", "secret", "P5Y")
    cases = [Case(Path(name), "docx", "header", form) for name in "abc"] + [Case(Path("d"), "docx", "", None)]
    right = {"axis": "state", "level": "secret", "period": "P5Y", "inspected": "full"}
    nothing = dict.fromkeys(("axis", "level", "period"))
    records = {"a": right, "b": right | {"period": "P6Y"}, "c": nothing, "d": right}
    by_kind, by_axis = judge(cases, records)
    found = by_kind["docx"]
    assert (found.right, found.wrong, found.missed, found.false) == (1, 1, 1, 1)
    assert (found.recall, found.precision) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    page = report(by_kind, by_axis, "")
    assert page.count("\n- docx: ") == 3
    assert "| docx | 3 | 1 | 1 | 1 | 1 | 1 | 0.3333 | 0.3333 |" in page


def test_nothing_at_all_is_no_mistake():
    assert (Score().recall, Score().precision) == (1.0, 1.0)
