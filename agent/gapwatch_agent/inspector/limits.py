"""How much one inspection may cost (C6). Every figure is a hard stop; reaching one is a reason in the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one child.

    ``expansion_*`` bound what a container may unpack to: a factor of the packed size (never less than
    ``expansion_floor_bytes``, a small file may compress well) and an absolute size. ``member_bytes_max`` bounds one
    file inside another, which is held in memory; ``nesting_max`` how deep files may stand in files; ``depth_max`` the
    nesting of elements. ``ocr`` has pictures and scanned pages read where the extra is installed, for up to
    ``ocr_cpu_s`` of processor time and ``ocr_pages_max`` pages of a file.
    """

    file_bytes_max: int = 2 * GIB
    wall_s: float = 20.0
    cpu_s: int = 10
    memory_bytes: int = 256 * MIB
    expansion_factor_max: int = 100
    expansion_floor_bytes: int = 16 * MIB
    expansion_bytes_max: int = 512 * MIB
    members_max: int = 10_000
    member_bytes_max: int = 64 * MIB
    nesting_max: int = 8
    depth_max: int = 256
    text_head_bytes: int = 4 * MIB
    text_tail_bytes: int = 64 * KIB
    ocr: bool = False
    ocr_cpu_s: float = 7.0
    ocr_pages_max: int = 100

    def expansion_bytes(self, packed_bytes: int) -> int:
        """What a container of that packed size may unpack to, all its members together."""
        allowed = max(packed_bytes * self.expansion_factor_max, self.expansion_floor_bytes)
        return min(allowed, self.expansion_bytes_max)
