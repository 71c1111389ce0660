"""What can be wrong with bytes of the protocol.

    ProtocolError
    ├── MalformedRecordError    a header, span or key that is not what C4 says
    └── MalformedPayloadError   payload bytes that do not decode to the kind their header names

Both are the sender's fault: the receiver refuses and says why, it never retries.
"""


class ProtocolError(ValueError):
    """Bytes from the other side that cannot be what they claim."""


class MalformedRecordError(ProtocolError):
    """A record header, span or signature of the wrong shape."""


class MalformedPayloadError(ProtocolError):
    """A payload that does not decode as the kind its header names."""
