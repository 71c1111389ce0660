"""One-time codes, session ids, form tokens."""

from __future__ import annotations

import hashlib
import re

from gapwatch_collector.console import codes


def test_a_code_can_be_typed_and_does_not_repeat() -> None:
    made = {codes.new_code() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"([2-9A-HJ-NP-Z]{5}-){4}[2-9A-HJ-NP-Z]{5}", code) for code in made)


def test_a_code_is_known_by_its_hash_and_blanks_around_it_do_not_count() -> None:
    assert codes.code_hash("ABCDE-FGHJK") == hashlib.sha256(b"ABCDE-FGHJK").digest()
    assert codes.code_hash(" ABCDE-FGHJK\n") == codes.code_hash("ABCDE-FGHJK")
    assert codes.code_hash("ABCDE-FGHJL") != codes.code_hash("ABCDE-FGHJK")


def test_odd_input_has_a_hash_too() -> None:
    assert len(codes.code_hash("\udc80★")) == 32
    assert len(codes.session_hash("\udc80")) == 32


def test_sessions_do_not_repeat_and_are_stored_under_a_hash() -> None:
    one, other = codes.new_session_id(), codes.new_session_id()
    assert one != other
    assert len(one) >= 43
    assert codes.session_hash(one) != one.encode()


def test_a_form_token_belongs_to_one_cookie() -> None:
    token = codes.form_token("cookie")
    assert codes.is_form_token("cookie", token)
    assert not codes.is_form_token("other", token)
    assert not codes.is_form_token("cookie", "")
    assert not codes.is_form_token("cookie", "★" * 64)
    assert "cookie" not in token
