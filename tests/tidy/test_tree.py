"""The repository holds itself to its house rules (CONTRIBUTING.md). Exemptions may only shrink: a stale one fails."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "agent/gapwatch_agent": "agent",
    "collector/gapwatch_collector": "collector",
    "proto/gapwatch_proto": "proto",
}
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
BANNED_WORDS = {"util", "utils", "common", "helper", "helpers", "misc", "manager"}
NO_PACKAGE_HERE = ("agent", "collector", "proto", "rules", "packaging", "tests")

# Modules without a test file of their own, each with the reason. This list may only shrink.
UNMIRRORED = {
    "agent/gapwatch_agent/__main__.py": "one call; every process test starts it",
    "agent/gapwatch_agent/errors.py": "classes without behaviour",
    "agent/gapwatch_agent/spool/port.py": "the contract; tests/contract/spool is its test",
    "agent/gapwatch_agent/transport/ports.py": "protocols without behaviour",
    "collector/gapwatch_collector/__main__.py": "one call; every serve test starts it",
    "collector/gapwatch_collector/errors.py": "classes without behaviour",
    "collector/gapwatch_collector/model.py": "values without behaviour",
    "collector/gapwatch_collector/clock.py": "the machine's clock, three lines",
    "collector/gapwatch_collector/store/ports.py": "the contract; tests/contract/store is its test",
    "proto/gapwatch_proto/errors.py": "classes without behaviour",
    "proto/gapwatch_proto/events.py": "values without behaviour; test_codec compares them with the messages",
    "proto/gapwatch_proto/objects.py": "values without behaviour; test_codec compares them with the messages",
    "proto/gapwatch_proto/kinds.py": "tables; test_codec checks them",
    "proto/gapwatch_proto/wire.py": "names",
}


def tracked(*patterns: str) -> list[Path]:
    out = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in out.decode().split("\0") if name and (ROOT / name).exists()]


def ours() -> list[Path]:
    return [path for path in tracked("*.py") if not path.name.endswith("_pb2.py")]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_are_short_enough_to_read() -> None:
    long = {relative(p): len(p.read_text(encoding="utf-8").splitlines()) for p in ours()}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES_MAX} == {}


def test_functions_are_short_enough_to_hold_in_the_head() -> None:
    long = {}
    for path in ours():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long[f"{relative(path)}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_names_are_nouns_of_the_field() -> None:
    assert [relative(p) for p in ours() if BANNED_WORDS & set(p.stem.split("_"))] == []


def test_source_folders_are_not_packages() -> None:
    assert [folder for folder in NO_PACKAGE_HERE if (ROOT / folder / "__init__.py").exists()] == []


def test_every_file_says_what_lives_in_it() -> None:
    silent = [
        relative(p)
        for p in ours()
        if p.read_text(encoding="utf-8").strip() and not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_tests_mirror_the_tree() -> None:
    missing = set()
    for package, mirror in PACKAGES.items():
        for path in tracked(f"{package}/*.py"):
            inner = path.relative_to(ROOT / package)
            if path.name == "__init__.py" or "migrations" in inner.parts or inner.parts[0] == "v1":
                continue
            stem = inner.with_suffix("").name
            folder = ROOT / "tests" / mirror / inner.parent
            # test_files.py, or test_files_<behaviour>.py where one module's tests fill several files
            if not list(folder.glob(f"test_{stem}.py")) and not list(folder.glob(f"test_{stem}_*.py")):
                missing.add(relative(path))
    assert missing - set(UNMIRRORED) == set(), "modules without tests"
    assert set(UNMIRRORED) - missing == set(), "stale exemptions"


def test_generated_messages_match_their_source(tmp_path: Path) -> None:
    protos = sorted(relative(p).removeprefix("proto/") for p in tracked("proto/gapwatch_proto/v1/*.proto"))
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "-Iproto",
        f"--python_out={tmp_path}",
        f"--pyi_out={tmp_path}",
    ]
    subprocess.run([*command, *protos], cwd=ROOT, check=True)
    made = sorted((tmp_path / "gapwatch_proto" / "v1").iterdir())
    assert len(made) == 2 * len(protos)
    drifted = [p.name for p in made if p.read_bytes() != (ROOT / "proto/gapwatch_proto/v1" / p.name).read_bytes()]
    assert drifted == [], "run `make generate`"


def test_no_leftovers_and_no_foreign_addresses() -> None:
    leftovers = re.compile(r"\b(TODO|FIXME|XXX)\b")
    addresses = re.compile(r'"resolved": *"https?:|(?<!emit-)index-url|find-links *=|^ *deb +(\[|http)', re.MULTILINE)
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".docx", ".ico", ".woff2"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if (path.suffix == ".py" and leftovers.search(text)) or addresses.search(text):
            found.append(relative(path))
    assert found == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "command", [["lint-imports"], ["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]]
)
def test_the_tools_agree(command: list[str]) -> None:
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run([str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
