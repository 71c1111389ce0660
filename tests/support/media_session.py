"""A session with a FAT medium, run inside the guest because this machine's kernel may know no FAT: prints one JSON line
a filesystem, with what the file sensor said of copies, of an editor's save, and of the medium when it came again.

    python media_session.py vfat exfat
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from gapwatch_proto.events import Event, FileActivity
from support.file_watching import MEDIUM, run_command, watching
from support.filesystems import mounted, unmount

SAVE = "import os, sys\nos.chdir(sys.argv[1])\nopen('.t', 'w').write('MARK')\nos.rename('.t', 'final')"


def told(event: Event) -> list[str]:
    activity = event.payload
    if not isinstance(activity, FileActivity):
        return [event.kind.name]
    process = activity.actor.process
    return [event.kind.name, activity.file.name, activity.source.path, process.name, process.captured]


async def copies(folder: Path, point: Path, filesystem: str) -> dict[str, object]:
    source = folder / "机密.txt"
    source.write_bytes(b"MARK" + bytes(3000))
    async with watching(folder) as watch:
        await watch.sensor.medium_mounted(replace(MEDIUM, filesystem_type=filesystem), point)
        missing = watch.sensor.health().missing
        await run_command("cp", source, point / "cp")
        await run_command("dd", "status=none", f"if={source}", f"of={point}/dd")
        await run_command(sys.executable, "-c", SAVE, point)
        await run_command("mv", source, point / "mv")
        await watch.quiet()
        await asyncio.to_thread(unmount, point)
        await watch.sensor.medium_unmounted(point)
        return {"missing": missing, "written": sorted(map(told, watch.events))}


async def again(folder: Path, point: Path, filesystem: str) -> list[list[str]]:
    await run_command("mount", "-o", "loop", folder / "image", point)
    async with watching(folder) as watch:
        await watch.sensor.medium_mounted(replace(MEDIUM, filesystem_type=filesystem), point)
        await watch.quiet()
        await asyncio.to_thread(unmount, point)
        return sorted(map(told, watch.events))


def session(filesystem: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with mounted(filesystem, folder) as point:
            said = {"filesystem": filesystem, **asyncio.run(copies(folder, point, filesystem))}
            said["second"] = asyncio.run(again(folder, point, filesystem))
            subprocess.run(["mount", "-o", "loop", folder / "image", point], check=True)
            (point / "between").write_bytes(b"MARK")
            unmount(point)
            said["third"] = asyncio.run(again(folder, point, filesystem))
    return said


if __name__ == "__main__":
    for filesystem in sys.argv[1:]:
        print(json.dumps(session(filesystem)), flush=True)
