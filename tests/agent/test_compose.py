"""Each process of the agent as it is really put together: started from a configuration, ready, stopped in order."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gapwatch_agent import channel, compose, config
from gapwatch_agent.errors import RefusedError, UnavailableError
from gapwatch_agent.transport.identity import IdentityStore
from support.certificates import authority
from support.streams import ScriptedEnrolment

ENROL_AS = """
import pathlib, sys
from gapwatch_agent import compose, config
compose.LINK_USER = sys.argv[1]
print(compose.enrol(config.load(pathlib.Path(sys.argv[2])), pathlib.Path(sys.argv[3]), 30).hex())
"""


class Place:
    """A directory with a configuration that keeps everything in it."""

    def __init__(self, directory: Path, enrolment_address: str = "127.0.0.1:1") -> None:
        self.directory, self.path = directory, directory / "agent.toml"
        self.token, self.root = directory / "token", directory / "root.pem"
        self.path.write_text(
            f"""
[paths]
state = "{directory}/state"
runtime = "{directory}/run"
[collector]
address = "127.0.0.1:1"
enrolment_address = "{enrolment_address}"
root_certificate = "{self.root}"
[spool]
bytes_max = 8388608
reserve_bytes = 0
""",
            encoding="utf-8",
        )
        self.root.write_bytes(authority().root_pem)
        self.token.write_text("a-token\n", encoding="ascii")

    @property
    def config(self) -> config.Config:
        return config.load(self.path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


SOCKETS: dict[str, Callable[[config.Config], Path]] = {
    "guard": compose.guard_socket,
    "inspector": compose.inspector_socket,
    "link": compose.link_socket,
}


@pytest.mark.kernel
@pytest.mark.parametrize("name", sorted(compose.PROCESSES))
def test_each_process_starts_from_a_configuration_says_ready_and_stops_in_order(place: Place, name: str) -> None:
    address = place.directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(60)
        command = [sys.executable, "-m", "gapwatch_agent", name, "--config", str(place.path)]
        environment = {**os.environ, "NOTIFY_SOCKET": str(address)}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
            try:
                while manager.recv(4096) != b"READY=1":
                    assert process.poll() is None
                if name in SOCKETS:
                    channel.connect(SOCKETS[name](place.config)).close()
                process.send_signal(signal.SIGTERM)
                _, errors = process.communicate(timeout=30)
            finally:
                process.kill()
    assert process.returncode == 0
    assert b"Traceback" not in errors


def test_sockets_stand_in_the_runtime_directory_and_links_in_one_of_its_own(place: Place) -> None:
    runtime = place.directory / "run"
    paths = [find(place.config) for find in SOCKETS.values()]
    assert paths == [runtime / "guard.sock", runtime / "inspector.sock", runtime / "link" / "link.sock"]
    assert compose.status_file(place.config).parent == compose.link_socket(place.config).parent


def test_the_version_is_never_empty() -> None:
    assert compose.agent_version()


def test_enrolment_without_a_token_or_a_root_says_which_file(place: Place) -> None:
    place.token.unlink()
    with pytest.raises(RefusedError, match=str(place.token)):
        compose.enrol(place.config, place.token, 1)
    place.token.write_text("a-token", encoding="ascii")
    place.root.unlink()
    with pytest.raises(FileNotFoundError, match=str(place.root)):
        compose.enrol(place.config, place.token, 1)
    assert not (place.directory / "state").exists()  # nothing was begun


def test_a_root_that_is_no_certificate_is_refused(place: Place) -> None:
    place.root.write_bytes(b"not a certificate")
    with pytest.raises(RefusedError, match="pinned root"):
        compose.enrol(place.config, place.token, 1)


def test_a_collector_that_is_not_there_is_for_later(place: Place) -> None:
    with pytest.raises(UnavailableError, match="cannot be reached now"):
        compose.enrol(place.config, place.token, 1)


@pytest.mark.kernel
def test_as_root_the_keys_belong_to_links_user_and_no_other_right_is_kept() -> None:
    user = pwd.getpwnam("nobody")

    async def scenario(directory: Path) -> str:
        server = ScriptedEnrolment(authority())
        await server.start()
        try:
            place = Place(directory, server.address)
            command = [sys.executable, "-c", ENROL_AS, user.pw_name, str(place.path), str(place.token)]
            process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
            out, _ = await asyncio.wait_for(process.communicate(), 60)
            return out.decode().strip()
        finally:
            await server.stop()

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        assert asyncio.run(scenario(directory)) == (b"h" * 16).hex()
        state = directory / "state" / "link"
        made = [state, *state.rglob("*")]
        assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(user.pw_uid, user.pw_gid)}
        assert all(path.stat().st_mode & 0o077 == 0 for path in made)
        assert IdentityStore(state / "identity", authority().root_pem).certificate() is not None
        assert (directory / "state").stat().st_uid == 0
