"""Controls, form fields and variables of Word documents."""

from gapwatch_agent.inspector.readers.word_controls import FormField, Prompts, is_on


def test_switches():
    assert is_on({})
    assert is_on({"w:val": "1"})
    assert not any(is_on({"w:val": value}) for value in ("0", "false", "off", "none", "FALSE"))


def test_prompts_of_nested_controls():
    prompts = Prompts()
    prompts.open({})
    prompts.open_content({})
    prompts.open({})
    prompts.prompt({})
    assert not prompts.showing
    prompts.open_content({})
    prompts.open_content({})
    prompts.close_content()
    assert prompts.showing
    prompts.close_content()
    prompts.close()
    assert not prompts.showing
    prompts.close_content()
    prompts.close()
    prompts.close()
    prompts.prompt({})
    assert not prompts.showing


def _field(kind, *values):
    field = FormField()
    field.open({})
    field.kind(kind)
    for name, value in values:
        field.value(name, {"w:val": value})
    field.close()
    return field


def test_boxes_and_lists():
    assert _field("checkBox", ("default", "0")).end() == "☐"
    assert _field("checkBox", ("default", "0"), ("checked", "1")).end() == "☒"
    levels = (("listEntry", "公开"), ("listEntry", "机密"))
    assert _field("ddList", *levels).end() == "公开"
    assert _field("ddList", ("result", "1"), *levels).end() == "机密"
    for odd in ("9", "-1", "x", "²", "9" * 5000):
        assert _field("ddList", ("result", odd), *levels).end() == ""


def test_text_of_the_result_needs_no_other():
    field = _field("checkBox")
    field.said()
    assert field.end() == ""
    assert FormField().end() == ""
