"""Pieces with places to lines, paragraphs, columns, margins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import pdf_lines
from gapwatch_agent.inspector.readers.pdf_lines import FLAT, SIDE, SLANTED, Piece

HEIGHT = 800.0


def _piece(text, left, baseline, size=10.0, **others):
    width = sum(size if character > "\u2e80" else size / 2 for character in text)
    return Piece(text, left, left + width, baseline, size, **others)


def _texts(*pieces):
    return [line.text for line in pdf_lines.arrange(1, HEIGHT, list(pieces)).lines]


@pytest.mark.parametrize(
    ("gap", "before", "after", "expected"),
    [
        (0, "机", "密", ""),
        (1, "机", "密", ""),
        (5, "机", "密", " "),
        (20, "机", "密", " "),
        (20, "密级", "机密", "\t"),
        (20, "机 密 ★", "1 年", " "),
        (60, "机", "密", "\t"),
        (20, "a", "b", "\t"),
        (-3, "a", "b", ""),
    ],
)
def test_what_a_gap_stands_for(gap, before, after, expected):
    assert pdf_lines.separator(gap, 10, before, after) == expected


def test_pieces_of_one_baseline_go_from_left_to_right():
    assert _texts(_piece("机密", 200, 300), _piece("密级：", 100, 301)) == ["密级：\t机密"]


def test_a_shadow_is_not_said_twice():
    assert _texts(_piece("机密", 100, 300), _piece("机密", 100.5, 300.5)) == ["机密"]


def test_long_pieces_beside_one_another_are_columns():
    left, right = "左" * 40, "右" * 40
    assert _texts(_piece(left, 50, 300), _piece(right, 600, 300)) == [left, right]


def test_the_top_is_in_order_of_height_and_the_middle_as_drawn():
    assert _texts(_piece("丙", 50, 500), _piece("乙", 50, 400), _piece("次", 50, 60), _piece("首", 50, 30)) == [
        "首",
        "次",
        "丙",
        "乙",
    ]


def test_single_characters_one_under_another_are_one_line():
    assert _texts(*(_piece(character, 50, 300 + 12 * n) for n, character in enumerate("机密★"))) == ["机密★"]
    assert _texts(_piece("1", 50, 300), _piece("2", 50, 312)) == ["1", "2"]


LONG = "现将有关工作安排通知如下请各单位结合实际认真执行"


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (_piece(LONG, 50, 300), _piece("秘密", 50, 315), True),
        (_piece(LONG, 70, 300), _piece("秘密", 50, 315), True),
        (_piece(LONG + "。", 50, 300), _piece("秘密", 50, 315), False),
        (_piece(LONG, 50, 300), _piece("秘密", 70, 315), False),
        (_piece(LONG, 50, 300), _piece("秘密", 50, 350), False),
        (_piece(LONG, 50, 300), _piece("秘密", 50, 315, 16), False),
        (_piece("短行", 50, 300), _piece("秘密", 50, 315), False),
        (_piece(LONG, 50, 300), _piece(LONG + LONG, 50, 315), False),
    ],
)
def test_wrapped_lines(first, second, joined):
    assert _texts(first, second) == ([first.text + second.text] if joined else [first.text, second.text])


def test_wrapped_latin_lines_keep_their_space():
    line = "a line of Latin prose that is long enough to wrap"
    assert _texts(_piece(line, 50, 300), _piece("again", 50, 312)) == [line + " again"]


def test_what_is_written_across_is_no_line():
    large = _piece("水印", 50, 300, 40, direction=SLANTED)
    faint = _piece("淡", 50, 400, 40, faint=True)
    page = pdf_lines.arrange(1, HEIGHT, [large, faint, _piece("斜", 9, 500, direction=SLANTED)])
    assert page.across == ("水印", "淡")
    assert [line.text for line in page.lines] == ["斜"]


@pytest.mark.parametrize(
    ("number", "share", "direction", "zone"),
    [
        (1, 0.19, FLAT, "first_page_top"),
        (1, 0.5, FLAT, "first_page"),
        (1, 0.95, FLAT, "page_bottom"),
        (2, 0.11, FLAT, "page_top"),
        (2, 0.15, FLAT, "body"),
        (2, 0.95, FLAT, "page_bottom"),
        (1, 0.1, SIDE, "first_page"),
        (2, 0.1, SIDE, "body"),
    ],
)
def test_zones(number, share, direction, zone):
    line = _piece("字", 0, share * HEIGHT, direction=direction)
    assert pdf_lines.zone(line, pdf_lines.arrange(number, HEIGHT, [line])) == zone


def _page(number, *pieces):
    return pdf_lines.arrange(number, HEIGHT, list(pieces))


def test_running_lines_stand_at_the_same_height():
    first = _page(1, _piece("秘密", 50, 40), _piece("第1页", 50, 780), _piece("正文", 50, 400), _piece("浮动", 50, 60))
    second = _page(2, _piece("秘密", 50, 41), _piece("第2页", 50, 780), _piece("正文", 50, 400), _piece("浮动", 50, 90))
    found, keys = pdf_lines.running([first, second])
    assert [(item.part, item.text) for item in found] == [("header", "秘密"), ("footer", "第1页")]
    assert [item.text for item in pdf_lines.fragments(second, keys)] == ["浮动", "正文"]
    assert pdf_lines.running([first]) == ([], frozenset())


_PIECES = st.builds(
    Piece,
    st.text(max_size=40).filter(str.strip),
    *(st.floats(-1e6, 1e6) for _ in range(4)),
    st.sampled_from([FLAT, SIDE, SLANTED]),
    st.booleans(),
)


@given(st.lists(_PIECES, max_size=30), st.floats(0, 1e5))
def test_whatever_the_places_no_word_is_lost(pieces, height):
    page = pdf_lines.arrange(1, height, pieces)
    said = "".join("".join((*page.across, *(line.text for line in page.lines))).split())
    for piece in pieces:
        assert "".join(piece.text.split()) in said


def test_fields_far_apart_do_not_wrap():
    first = "000001" + "\u3000" * 14 + "某函〔2026〕10号"
    assert _texts(_piece(first, 80, 100), _piece("机密★1年", 80, 120)) == [first, "机密★1年"]
