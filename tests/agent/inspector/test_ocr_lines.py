"""Rows, zones by position, where prose ends a page's top."""

from gapwatch_agent.inspector.ocr_lines import Box, Line, fragments, rows

PROSE = "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。"


def _line(text, top, left=0.1, *, height=0.02, score=0.99, is_prose=False):
    return Line(text, Box(left, top, left + 0.2, top + height), score, is_prose)


def _placed(*lines, page=1):
    return [(fragment.text, fragment.zone) for fragment in fragments(list(lines), page)]


def test_lines_beside_one_another_are_one_row():
    found = rows([_line("right", 0.105, 0.6), _line("left", 0.1), _line("below", 0.13)])
    assert [[line.text for line in row] for row in found] == [["left", "right"], ["below"]]


def test_zones_of_the_first_page():
    assert _placed(_line("机密★5年", 0.18), _line("标题", 0.4), _line("1", 0.95)) == [
        ("机密★5年", "first_page_top"),
        ("标题", "first_page"),
        ("1", "page_bottom"),
    ]


def test_zones_of_a_later_page():
    lines = (_line("秘密", 0.05), _line("标题", 0.4), _line("内部资料 注意保密", 0.95))
    assert [zone for _, zone in _placed(*lines, page=2)] == ["page_top", "body", "page_bottom"]


def test_cells_of_a_row_are_told_apart():
    assert _placed(_line("密级", 0.1), _line("机密★5年", 0.1, 0.5))[0][0] == "密级\t机密★5年"


def test_prose_ends_the_top_and_the_first_page_but_not_the_bottom():
    found = _placed(_line(PROSE, 0.1), _line("机密", 0.15), _line("秘密", 0.5), _line("秘密", 0.93))
    assert [zone for _, zone in found] == ["body", "body", "body", "page_bottom"]


def test_prose_that_was_not_read_ends_them_too_and_gives_no_fragment():
    assert _placed(_line("", 0.1, is_prose=True), _line("机密", 0.15)) == [("机密", "body")]


def test_prose_at_the_bottom_of_one_page_says_nothing_about_its_top():
    assert _placed(_line("机密", 0.1), _line(PROSE, 0.95))[0] == ("机密", "first_page_top")


def test_guesses_and_blanks_are_left_out():
    assert _placed(_line("机密", 0.1, score=0.3), _line("", 0.2)) == []


def test_a_misread_star_is_put_back():
    assert _placed(_line("机密大5年", 0.1)) == [("机密★5年", "first_page_top")]


def test_what_lies_across_the_page_is_a_watermark_before_everything_else():
    across = Line("机密大5年", Box(0.1, 0.95, 0.9, 1.0), 0.9, is_watermark=True)
    found = list(fragments([_line("标题", 0.1), across], 1))
    assert [(f.text, f.part, f.zone) for f in found] == [
        ("机密★5年", "watermark", ""),
        ("标题", "document", "first_page_top"),
    ]


def test_a_drawing_has_its_label_in_the_title_block():
    cells = (_line("密级", 0.9, 0.6), _line("秘密★10年", 0.9, 0.8))
    assert [(f.part, f.zone, f.text) for f in fragments(list(cells), 1)] == [
        ("table", "cover_table", "密级\t秘密★10年")
    ]
    assert _placed(_line(PROSE, 0.5), *cells)[-1][1] == "page_bottom"
    assert _placed(*cells, page=2) == [("密级\t秘密★10年", "page_bottom")]
