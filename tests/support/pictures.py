"""Picture files built byte by byte, with words in every place a format has for them; no library needed."""

import struct
import zlib

EMPTY_XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\x00"


def xmp(inner: str) -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/">'
        f'{inner}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    """One white pixel and these chunks before it."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(b"\x00\xff"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + png_chunk(b"IEND", b"")


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg(*segments: bytes) -> bytes:
    """Only what stands before the pixels, which no decoder of ours needs."""
    return b"\xff\xd8" + jpeg_segment(0xE0, b"JFIF\x00" + bytes(9)) + b"".join(segments) + b"\xff\xda\x00\x02\xff\xd9"


def tiff(*entries: tuple[int, int, bytes], order: str = "<", following: int = 0) -> bytes:
    """One directory. An entry is (tag, type, value); values longer than four bytes lie behind the directory."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}
    at = 8 + 2 + len(entries) * 12 + 4
    table, behind = b"", b""
    for tag, kind, value in entries:
        table += struct.pack(order + "HHI", tag, kind, len(value) // sizes[kind])
        if len(value) <= 4:
            table += value.ljust(4, b"\x00")
        else:
            table += struct.pack(order + "I", at + len(behind))
            behind += value
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "I", 8)
    return head + struct.pack(order + "H", len(entries)) + table + struct.pack(order + "I", following) + behind


def iptc(dataset: int, value: bytes) -> bytes:
    return b"\x1c\x02" + bytes((dataset,)) + struct.pack(">H", len(value)) + value


def photoshop(raw: bytes) -> bytes:
    """IPTC as a Photoshop resource, after another one with a name."""
    other = b"8BIM\x03\xed\x03abc" + struct.pack(">I", 3) + b"xyz\x00"
    return b"Photoshop 3.0\x00" + other + b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(raw)) + raw


def gif(*blocks: bytes) -> bytes:
    """A palette of two colours, these blocks, one pixel."""
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(6)
    return head + b"".join(blocks) + b"\x2c" + bytes(4) + b"\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"


def gif_comment(value: bytes) -> bytes:
    pieces = [value[at : at + 255] for at in range(0, len(value), 255)]
    return b"\x21\xfe" + b"".join(bytes((len(piece),)) + piece for piece in pieces) + b"\x00"


def gif_xmp(packet: bytes) -> bytes:
    return b"\x21\xff\x0bXMP DataXMP" + packet + b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP"
    for kind, data in ((b"VP8X", bytes(10)), *chunks):
        body += kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bitmap() -> bytes:
    """One white pixel."""
    head = struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + 4, 0, 0, 14 + len(head)) + head + b"\xff\xff\xff\x00"
