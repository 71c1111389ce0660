"""Compound files of no known kind."""

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import BytesSource
from support.compound_documents import compound, message, user_properties
from support.word_binaries import word, word_streams
from support.workbook_binaries import book, label, workbook


def test_properties_are_read_and_the_rest_is_said_not_to_be():
    content = compound({"Contents": b"x", "\x05DocumentSummaryInformation": user_properties({"密级": "机密"})})
    found = examine(BytesSource(content), "x.vsd", Limits())
    assert (found.type, found.inspected, found.reason, found.mark.level) == ("cfb", "partial", "unsupported", "secret")


def test_a_file_wrapped_as_an_object_is_given():
    content = compound({"\x01Ole": b"x", "package_stream": word("机密★5年\r正文\r")})
    found = examine(BytesSource(content), "x", Limits())
    assert (found.inspected, found.mark.period, found.mark.evidence[0].part) == ("full", "P5Y", "attachment")


def test_formulas_and_macros_hold_no_words():
    for streams in ({"Equation Native": b"x", "\x01CompObj": b"y"}, {"VBA/dir": b"x", "PROJECT": b"y"}):
        found = examine(BytesSource(compound(streams)), "x", Limits())
        assert (found.inspected, found.reason) == ("full", "")


def test_nothing_to_read():
    found = examine(BytesSource(compound({"Contents": b"x"})), "x", Limits())
    assert (found.inspected, found.reason) == ("none", "unsupported")


def test_a_forged_file_with_two_documents_is_read_twice():
    innocent = {"Workbook": book([("表", label(0, 0, "台账"))])}
    found = examine(BytesSource(compound({**innocent, **word_streams("机密★5年\r正文\r")})), "x.xls", Limits())
    assert (found.inspected, found.mark.period) == ("full", "P5Y")
    found = examine(BytesSource(compound({**innocent, **message({0x0037: "机密★5年"})})), "x.xls", Limits())
    assert found.mark.period == "P5Y"


def test_documents_whose_directory_is_lost():
    for whole in (
        word("机密★5年\r" + "正文" * 3000),
        workbook([("表", label(0, 0, "机密★5年") + label(1, 0, "x" * 4000))]),
    ):
        found = examine(BytesSource(whole[: len(whole) - 1600]), "x", Limits())
        assert (found.inspected, found.reason) == ("partial", "damaged")
        assert found.mark.period == "P5Y"
