"""What the parent does before it listens: judge one tiny file of each format, so that no child imports anything.

A caged child cannot open a path, hence cannot import: every module and codec its work needs must be loaded by then.
"""

from __future__ import annotations

import base64
from typing import Final

from gapwatch_agent.inspector.examine import examine, sha256_of
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import text
from gapwatch_agent.inspector.readers.source import BytesSource
from gapwatch_agent.inspector.verdict import Verdict, decode, encode

# A docx of a header, a body and a property, each marked; made once with the standard library.
_DOCX: Final = (
    "UEsDBBQAAAAIAAAAIQAKRif3MwAAAEIAAAAQAAAAd29yZC9oZWFkZXIxLnhtbLMpt8pIKVKoyM3JK7Yqt1UqV7KzKbcqABFFIKLE7vnyGU/X"
    "t9nog9ggsghMFoBJoFY7AFBLAwQUAAAACAAAACEAAjAP60kAAABkAAAAEQAAAHdvcmQvZG9jdW1lbnQueG1ssym3SslPLs1NzStRqMjNySu2"
    "KrdVKleysym3SspPqQTRBSCiCESU2D2bs+vp+rZHM1pNn+7cYqMPEgKRRWCyAExCtOkjzLUDAFBLAwQUAAAACAAAACEAfbD1oS0AAAA2AAAA"
    "EQAAAGRvY1Byb3BzL2NvcmUueG1ss0m2KlCoyM3JK7ZKtlVKVrKzSbZKTixJTc8vqrR7NmfX0/VtNvpIQiBOgR0AUEsBAhQDFAAAAAgAAAAh"
    "AApGJ/czAAAAQgAAABAAAAAAAAAAAAAAAIABAAAAAHdvcmQvaGVhZGVyMS54bWxQSwECFAMUAAAACAAAACEAAjAP60kAAABkAAAAEQAAAAAA"
    "AAAAAAAAgAFhAAAAd29yZC9kb2N1bWVudC54bWxQSwECFAMUAAAACAAAACEAfbD1oS0AAAA2AAAAEQAAAAAAAAAAAAAAgAHZAAAAZG9jUHJv"
    "cHMvY29yZS54bWxQSwUGAAAAAAMAAwC8AAAANQEAAAAA"
)
_TEXT: Final = "機密★5年\n密级：秘密\nTRÈS SECRET"


def warm_up(limits: Limits) -> None:
    """Judge, hash and encode one file of each format and one text in each encoding."""
    samples = [_TEXT.encode(encoding, errors="replace") for encoding in text.ENCODINGS]
    samples += [base64.b64decode(_DOCX), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x00\x01binary", b"PK\x03\x04torn", b""]
    for content in samples:
        source = BytesSource(content)
        found = Verdict(examine(source, "【机密】sample", limits), sha256_of(source), source.size)
        decode(encode(found))
