"""HTML cut into tags and text: odd quoting, comments, scripts, what never ends; time that grows with length only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers.html_tokens import Tag, tokens


def _cut(text, **options):
    return [t if isinstance(t, str) else (t.name, t.attributes) for t in tokens(text, **options)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<b>c</b>", ["a", ("b", {}), "c", ("/b", {})]),
        ("<P Class=x ID='y'>", [("p", {"class": "x", "id": "y"})]),
        ('<a b="c>d" e>f', [("a", {"b": "c>d", "e": ""}), "f"]),
        ("<p title=it's>x", [("p", {"title": "it's"}), "x"]),
        ("<br/>", [("br", {})]),
        ("<o:p>x</o:p >", [("o:p", {}), "x", ("/o:p", {})]),
        ("<a =b c = d>", [("a", {"b": "", "c": "d"})]),
        ('<a b="1" b="2">', [("a", {"b": "1"})]),
        ('<a b="&lt;&#26426;">&#26426;&#x5BC6;&nbsp;&amp;', [("a", {"b": "<机"}), "机密\xa0&"]),
    ],
)
def test_tags_and_attributes(text, expected):
    assert _cut(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<!-- <b> -->c", ["a", "c"]),
        ("a<!-->b", ["a", "b"]),
        ("a<!--->b", ["a", "b"]),
        ("a<!-- b", ["a"]),
        ("<!DOCTYPE html><?xml?>a", ["a"]),
        ("a</>b< c", ["a", "b", "<", " c"]),
        ("1 < 2", ["1 ", "<", " 2"]),
        ("a<", ["a", "<"]),
        ("<![CDATA[a]]>", ["a]]>"]),
        ("<![if !vml]>a<![endif]>", ["a"]),
    ],
)
def test_what_is_no_tag(text, expected):
    assert _cut(text) == expected


def test_what_office_hides_from_browsers_is_read():
    assert _cut("<!--[if gte mso 9]><b>x</b><![endif]-->y") == [("b", {}), "x", ("/b", {}), "y"]
    assert _cut("<!--[if lt IE 9]><b>x</b><![endif]-->y") == ["y"]


def test_scripts_and_styles_are_no_text_and_titles_are():
    assert _cut("<script>a<b>c</script>d") == [("script", {}), ("/script", {}), "d"]
    assert _cut("<STYLE>a</sTyle >d") == [("style", {}), ("/style", {}), "d"]
    assert _cut("<title>a<b>&amp;</title>") == [("title", {}), "a<b>&", ("/title", {})]
    assert _cut("<xmp>&amp;<b></xmp>") == [("xmp", {}), "&amp;<b>", ("/xmp", {})]
    assert _cut("<script>never") == [("script", {})]


def test_a_script_ends_in_its_own_tag_in_xhtml_only():
    assert _cut("<script src='x'/>a", is_xml=True) == [("script", {"src": "x"}), "a"]
    assert _cut("<script src='x'/>a") == [("script", {"src": "x"})]


def test_a_name_as_it_was_written():
    (tag,) = tokens("<o:Category>")
    assert tag == Tag("o:category", "o:Category", {})


@pytest.mark.parametrize(
    "piece", ["<!--", "<a b='", '<a b="', "<", "</", "<a ", "<![", "<script>", "<title>", "&", "<a b=c/", "<!--[if mso"]
)
def test_repetition_of_what_never_ends(piece):
    assert sum(1 for _ in tokens(piece * 200_000)) <= 400_000


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["<", ">", "!", "--", "a", "/", "'", '"', "=", " ", "script", "&", "[", "密"])).map(
        "".join
    )
)
def test_nothing_is_too_odd(text):
    assert all(isinstance(token, Tag) or token for token in tokens(text))
