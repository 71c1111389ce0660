"""Where lines stand."""

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.zones import FIRST_PAGE_LINES, TOP_LINES, ZoneTracker

PROSE = "现将有关事项通知如下，请各单位认真贯彻执行，不得有误。"


def _zones(fragments):
    tracker = ZoneTracker()
    return [tracker.place(item, item.text, starts_fragment=True).zone for item in fragments]


def test_the_first_page_from_its_top_to_the_body():
    zones = _zones([Fragment(f"行{n}", page=1) for n in range(FIRST_PAGE_LINES + 1)])
    assert zones[0] == "first_page_top"
    assert zones[TOP_LINES] == "first_page"
    assert zones[-1] == "body"


def test_prose_ends_the_top():
    assert _zones([Fragment("标题"), Fragment(PROSE), Fragment("机密")]) == ["first_page_top", "body", "body"]


def test_later_pages_have_tops_of_their_own():
    assert (
        _zones([Fragment(PROSE, page=1), Fragment("机密", page=2), *[Fragment("x", page=2)] * 3][:4])[1] == "page_top"
    )


def test_other_parts_are_their_own_zones_and_readers_may_know_better():
    parts = [Fragment("x", part=part) for part in ("header", "footer", "watermark", "property", "text_box")]
    assert _zones(parts) == ["header", "footer", "watermark", "property", "text_box"]
    assert _zones([Fragment("x", zone="page_bottom")]) == ["page_bottom"]
    assert _zones([Fragment("a\tb", part="table", page=1)]) == ["cover_table"]
