"""Bounds of expansion."""

from gapwatch_agent.inspector.limits import MIB, Limits


def test_expansion_grows_with_the_file_between_a_floor_and_a_ceiling():
    limits = Limits()
    assert limits.expansion_bytes(10) == 16 * MIB
    assert limits.expansion_bytes(MIB) == 100 * MIB
    assert limits.expansion_bytes(100 * MIB) == 512 * MIB
