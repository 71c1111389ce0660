"""RTF in tokens, across the edges of what is read at once."""

import pytest

from gapwatch_agent.inspector.readers import rtf_tokens
from gapwatch_agent.inspector.readers.rtf_tokens import CLOSE, OPEN, STAR, TEXT, UNICODE, WORD, Tokens
from gapwatch_agent.inspector.readers.source import BytesSource


def _tokens(content):
    return [(token.kind, token.name or token.raw, token.number) for token in Tokens(BytesSource(content))]


def test_every_kind():
    assert _tokens(rb"{\rtf1\ansi text\'bb\'fa\u-5?\u1\'3f\*\~\b0 }") == [
        (OPEN, b"", None),
        (WORD, "rtf", 1),
        (WORD, "ansi", None),
        (TEXT, b"text", None),
        (TEXT, b"\xbb\xfa", None),
        (WORD, "u", -5),
        (TEXT, b"?", None),
        (UNICODE, rb"\u1\'3f", None),
        (STAR, "*", None),
        (WORD, "~", None),
        (WORD, "b", 0),
        (CLOSE, b"", None),
    ]


def test_a_run_taken_apart():
    assert rtf_tokens.unicode_run(rb"\u26426\'bb\'fa\u-3 \'3f") == [(b"26426", rb"\'bb\'fa"), (b"-3", rb"\'3f")]
    assert rtf_tokens.coded(rb"\'bb\'fa") == b"\xbb\xfa"


@pytest.mark.parametrize("chunk", [65, 66, 67, 70, 100])
def test_the_edges_of_what_is_read_at_once_cut_nothing(monkeypatch, chunk):
    content = rb"{\paragraphs12 abc\'bb\'fa\u26426\'3f{\skipped \{ \bin5 }}}}} {}x}end}" * 9
    whole = [token for token in _tokens(content) if token[0] in {WORD, OPEN, CLOSE}]
    monkeypatch.setattr(rtf_tokens, "_CHUNK", chunk)
    assert [token for token in _tokens(content) if token[0] in {WORD, OPEN, CLOSE}] == whole


@pytest.mark.parametrize("chunk", [65, 80, 1000])
def test_a_group_is_skipped_up_to_its_brace(monkeypatch, chunk):
    monkeypatch.setattr(rtf_tokens, "_CHUNK", chunk)
    body = b"0a" * 300 + rb"{x\}\{}\bin3 }}}" + b"f" * 100
    tokens = Tokens(BytesSource(rb"{\pict " + body + b"}after"))
    taken = iter(tokens)
    assert [next(taken).kind, next(taken).name] == [OPEN, "pict"]
    assert tokens.skip_group() == len(rb"{\pict ") + len(body)
    assert [(token.kind, token.raw) for token in taken] == [(CLOSE, b""), (TEXT, b"after")]


def test_an_unclosed_group_is_skipped_to_the_end():
    tokens = Tokens(BytesSource(rb"{\pict {{00"))
    taken = iter(tokens)
    next(taken)
    next(taken)
    assert tokens.skip_group() == tokens.position() == 11
    assert list(taken) == []
