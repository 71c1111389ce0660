"""Styles of OpenDocument: inheritance, page breaks, struck text, and chains without end."""

import pytest

from gapwatch_agent.inspector.readers.odf_styles import Styles


def _style(styles, name, parent="", family="paragraph", text=None, paragraph=None, **more):
    attributes = {"style:name": name, "style:family": family, "style:parent-style-name": parent, **more}
    styles.open(attributes)
    if text:
        styles.text_properties(text)
    if paragraph:
        styles.paragraph_properties(paragraph)
    styles.close()


def test_a_style_says_what_its_ancestors_say_unless_it_says_otherwise():
    styles = Styles()
    _style(styles, "Old", text={"style:text-line-through-style": "solid"}, paragraph={"fo:break-before": "page"})
    _style(styles, "P1", "Old")
    _style(styles, "P2", "P1", text={"style:text-line-through-style": "none"})
    assert (styles.resolve("paragraph", "P1").struck, styles.resolve("paragraph", "P1").breaks_before) == (True, True)
    assert styles.resolve("paragraph", "P2").struck is False


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"fo:break-before": "page"}, (True, None)),
        ({"fo:break-before": "auto"}, (False, None)),
        ({"fo:break-after": "page"}, (None, True)),
        ({"fo:break-after": "column"}, (None, False)),
    ],
)
def test_page_breaks(properties, expected):
    styles = Styles()
    _style(styles, "P1", paragraph=properties)
    style = styles.resolve("paragraph", "P1")
    assert (style.breaks_before, style.breaks_after) == expected


def test_a_page_style_of_its_own_begins_a_page():
    styles = Styles()
    _style(styles, "P1", **{"style:master-page-name": "First"})
    _style(styles, "P2", **{"style:master-page-name": ""})
    assert styles.resolve("paragraph", "P1").breaks_before is True
    assert styles.resolve("paragraph", "P2").breaks_before is None


def test_families_and_unknown_names_keep_apart():
    styles = Styles()
    _style(styles, "T1", family="text", text={"style:text-line-through-type": "double"})
    assert styles.resolve("text", "T1").struck is True
    assert styles.resolve("paragraph", "T1").struck is None
    assert styles.resolve("text", None).struck is None
    assert styles.resolve("paragraph", None).struck is False


def test_properties_outside_a_style_belong_to_nobody():
    styles = Styles()
    styles.text_properties({"style:text-line-through-style": "solid"})
    styles.paragraph_properties({"fo:break-before": "page"})
    assert styles.known == {}


def test_ancestors_that_go_round_in_circles():
    styles = Styles()
    _style(styles, "A", "B")
    _style(styles, "B", "A")
    assert styles.resolve("paragraph", "A").struck is None


def test_automatic_styles_of_one_part_are_not_those_of_another():
    styles = Styles()
    _style(styles, "P1")
    content = styles.child()
    _style(content, "P1", text={"style:text-line-through-style": "solid"})
    assert styles.resolve("paragraph", "P1").struck is None
    assert content.resolve("paragraph", "P1").struck is True
