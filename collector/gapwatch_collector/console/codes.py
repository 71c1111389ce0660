"""One-time sign-in codes and session ids: how they are made, and the hash under which alone they are stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 5 bits a character; no 0/O, no 1/I
_GROUPS: Final = 5
_GROUP_LENGTH: Final = 5


def new_code() -> str:
    """A one-time code a person can type: five groups of five, 125 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def code_hash(code: str) -> bytes:
    """SHA-256 of the code as printed; blanks around it do not count."""
    return hashlib.sha256(code.strip().encode("utf-8", "backslashreplace")).digest()


def new_session_id() -> str:
    """256 random bits, for the cookie."""
    return secrets.token_urlsafe(32)


def session_hash(session_id: str) -> bytes:
    """The name under which a session is stored."""
    return hashlib.sha256(session_id.encode("utf-8", "backslashreplace")).digest()


def form_token(cookie_value: str) -> str:
    """What a form must carry to be believed: known only to pages that were served under this cookie."""
    return hmac.new(cookie_value.encode("utf-8", "backslashreplace"), b"gapwatch form", hashlib.sha256).hexdigest()


def is_form_token(cookie_value: str, token: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(form_token(cookie_value), token.encode("ascii", "replace").decode())
