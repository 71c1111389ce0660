"""Windows code page numbers to text. Every codec is loaded with this module: a caged child cannot import any."""

from __future__ import annotations

import codecs
from typing import Final

_CODECS: Final = {
    437: "cp437", 850: "cp850", 874: "cp874", 932: "cp932", 936: "gbk", 949: "cp949", 950: "cp950",
    1200: "utf-16-le", 1201: "utf-16-be", 1250: "cp1250", 1251: "cp1251", 1252: "cp1252", 1253: "cp1253",
    1254: "cp1254", 1255: "cp1255", 1256: "cp1256", 1257: "cp1257", 1258: "cp1258", 10000: "mac_roman",
    10008: "gb2312", 20127: "ascii", 20936: "gb2312", 28591: "iso8859-1", 54936: "gb18030", 65001: "utf-8",
}  # fmt: skip
for _name in (*_CODECS.values(), "gb18030"):
    codecs.lookup(_name)
_LANGUAGES: Final = {0x0804: 936, 0x1004: 936, 0x0404: 950, 0x0C04: 950, 0x1404: 950, 0x0411: 932, 0x0412: 949}
WESTERN: Final = 1252
UTF_16: Final = 1200


def decode(raw: bytes, codepage: int) -> str:
    """Text in that code page. An unknown one is taken for the Western one; Chinese reads the wider GB 18030."""
    name = "gb18030" if codepage == 936 else _CODECS.get(codepage, "cp1252")
    return raw.decode(name, errors="replace")


def is_known(codepage: int) -> bool:
    """Whether ``decode`` knows it."""
    return codepage in _CODECS


def of_language(language: int) -> int:
    """The code page of a Windows language identifier."""
    return _LANGUAGES.get(language, WESTERN)
