"""A unit's table of labels."""

from gapwatch_agent.inspector.label_policy import NO_POLICY, LabelPolicy

POLICY = LabelPolicy(frozenset({"涉密 标签", "Doc Level"}), {"{ABCD-01}": ("commercial", "secret")})


def test_keys_are_known_whatever_their_case_and_spaces():
    assert POLICY.has_key("涉密标签")
    assert POLICY.has_key("doclevel")
    assert not POLICY.has_key("other")
    assert not NO_POLICY.has_key("涉密标签")


def test_guids_are_known_with_and_without_braces():
    assert POLICY.level_of("abcd-01") == ("commercial", "secret")
    assert POLICY.level_of("{Abcd-01}") == ("commercial", "secret")
    assert POLICY.level_of("abcd-02") is None
