"""What a recogniser takes a star for, undone where all else of the line is a mark's: level, one character, period.

Written from what was seen on rendered and degraded pages; anything else is left as it was read.
"""

from __future__ import annotations

import re
from typing import Final

_LEVEL: Final = r"(?P<level>[绝機机秘祕絕][密])\s*"
_PERIOD: Final = r"(?P<period>\d{1,2}\s*(?:年|個月|个月|月)|长期|長期|启用前|啟用前)"
_TAKEN_FOR_A_STAR: Final = re.compile(
    rf"{_LEVEL}[大太犬六木本术文业女会食古合女卡主士土六+＋xX×#&＆%^~”\"“'`]\s*{_PERIOD}"
)


def corrected(text: str) -> str:
    """The line with its star put back where only a star can have stood."""
    found = _TAKEN_FOR_A_STAR.fullmatch(text.strip())
    return f"{found['level']}★{found['period']}" if found else text
