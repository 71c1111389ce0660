"""The closed lists of parts and zones."""

from gapwatch_agent.inspector import fragments


def test_a_part_that_is_its_own_zone_is_in_both_lists():
    own = fragments.PARTS - {fragments.DOCUMENT, fragments.TABLE}
    assert own <= fragments.ZONES
    assert fragments.Fragment("x").part == fragments.DOCUMENT
