"""The file sensor on real filesystems with real programs."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from gapwatch_proto.kinds import Kind
from support.file_watching import MEDIUM, run_command, watching
from support.filesystems import FILESYSTEMS, mounted, unmount

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("filesystem", FILESYSTEMS)
def test_a_copy_is_told_with_who_where_from_and_which_mark(filesystem: str, tmp_path: Path) -> None:
    source = tmp_path / "机密 计划.txt"
    source.write_bytes(b"MARK " + bytes(4000))

    async def scenario(point: Path) -> None:
        async with watching(tmp_path) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            pid = await run_command("cp", source, point / "copy.txt")
            activity = await watch.file("copy.txt")
            assert watch.events[-1].kind is Kind.MARKED_FILE_WRITTEN
            assert activity.action == "closed_write"
            process = activity.actor.process
            assert (process.pid, process.name, process.captured) == (pid, "cp", "held")
            assert process.cmd_line == f"cp '{source}' {point}/copy.txt"
            assert activity.actor.user.name == "root"
            digest = hashlib.sha256(source.read_bytes()).hexdigest()
            assert (activity.source.path, activity.source.size, activity.source.sha256) == (str(source), 4005, digest)
            assert (activity.file.path, activity.file.sha256) == (str(point / "copy.txt"), digest)
            assert activity.inspection.mark.level == "confidential"
            assert activity.medium == MEDIUM
            assert len(activity.act) == 64
            unmount(point)

    with mounted(filesystem, tmp_path) as point:
        asyncio.run(scenario(point))
    assert not os.path.ismount(point)
