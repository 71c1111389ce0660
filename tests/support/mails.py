"""Builders of mails as bytes: the standard library writes what is right, tests want the rest too."""

import base64


def mail(*, fields="", content_type="text/plain; charset=utf-8", body=b"", encoding=""):
    """A mail of raw header lines and a body."""
    raw = fields if isinstance(fields, bytes) else fields.encode()
    head = b"From: sender@example.invalid\r\nMessage-ID: <1@example.invalid>\r\n" + raw
    return head + part(body, content_type, encoding=encoding)


def part(body, content_type="text/plain; charset=utf-8", *, encoding="", disposition=""):
    """A part: its header and its body."""
    lines = f"Content-Type: {content_type}\r\n"
    lines += f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    lines += f"Content-Disposition: {disposition}\r\n" if disposition else ""
    packed = base64.encodebytes(body) if encoding == "base64" else body
    return lines.encode() + b"\r\n" + packed


def multipart(subtype, *parts, boundary="edge", end=True):
    """(content type, body) of a multipart."""
    line = b"--" + boundary.encode()
    body = b"".join(line + b"\r\n" + one + b"\r\n" for one in parts) + (line + b"--\r\n" if end else b"")
    return f'multipart/{subtype}; boundary="{boundary}"', body


def multipart_part(subtype, *parts, boundary="edge"):
    """A part that holds parts."""
    content_type, body = multipart(subtype, *parts, boundary=boundary)
    return part(body, content_type)
