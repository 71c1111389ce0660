"""The cage proved from inside: each child tries what an intruder would, and the outcome is what the parent sees."""

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
from pathlib import Path

import pytest

from gapwatch_agent.inspector import cage as cages
from gapwatch_agent.inspector import child as children
from gapwatch_agent.inspector.cage import Cage
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.verdict import uninspected

_HOSTNAME = socket.gethostname()
LIMITS = Limits(wall_s=10.0, cpu_s=2, memory_bytes=64 * MIB)


@pytest.fixture
def nursery():
    made = Nursery(LIMITS)
    yield made
    made.close()


@pytest.fixture
def pipes():
    read_fd, write_fd = os.pipe()
    yield read_fd, write_fd
    os.close(read_fd)
    os.close(write_fd)


def _attempt(nursery, pipes, deed):
    """Run ``deed`` caged: (exit code or negative signal, what it wrote)."""
    read_fd, write_fd = pipes
    pid = nursery.cage.fork()
    if pid == 0:
        try:
            nursery.cage.enter(0)
            os.write(write_fd, deed().encode())
            os._exit(0)
        except (OSError, MemoryError, ValueError) as error:
            os.write(write_fd, type(error).__name__.encode())
            os._exit(1)
        finally:
            os._exit(2)
    _, status = os.waitpid(pid, 0)
    os.set_blocking(read_fd, False)
    try:
        said = os.read(read_fd, 4096).decode()
    except BlockingIOError:
        said = ""
    return os.waitstatus_to_exitcode(status), said


# Deeds that do no harm if the cage should fail: they touch a file made for them.
REFUSED_PATHS = [
    lambda file: file.read_bytes(),
    lambda file: file.with_name("new").write_bytes(b"x"),
    lambda file: list(file.parent.iterdir()),
    lambda file: file.unlink(),
    lambda file: file.rename(file.with_name("new")),
    lambda file: file.stat(),
    lambda file: Path("/proc/self/exe").readlink(),
    lambda file: Path("/dev/null").read_bytes(),
    lambda file: file.with_name("folder").mkdir(),
    lambda file: file.with_name("new").symlink_to(file),
    lambda file: file.chmod(0o777),
    lambda file: os.chdir(file.parent),
]


@pytest.mark.parametrize("deed", REFUSED_PATHS)
def test_no_path_can_be_touched(nursery, pipes, tmp_path, deed):
    file = tmp_path / "file"
    file.write_bytes(b"x")
    tmp_path.chmod(0o777)
    assert _attempt(nursery, pipes, lambda: str(deed(file))) == (1, "PermissionError")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


DEADLY = [
    lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    socket.socketpair,
    lambda: os.execv("/bin/true", ["true"]),
    os.fork,
    lambda: os.kill(os.getppid(), 0),
    lambda: os.kill(os.getpid(), 0),
    lambda: os.setuid(0),
    lambda: os.memfd_create("x"),
    lambda: ctypes.CDLL(None).ptrace(16, 1, 0, 0),
    lambda: ctypes.CDLL(None).unshare(0x10000000),
    lambda: ctypes.CDLL(None).mount(None, b"/", None, 0, None),
]


@pytest.mark.parametrize("deed", DEADLY)
def test_what_only_an_intruder_wants_is_death(nursery, pipes, deed):
    # The C library is found before the cage closes: finding it is not what is tried here.
    ctypes.CDLL(None)
    code, said = _attempt(nursery, pipes, lambda: str(deed()))
    assert (code, said) == (-signal.SIGSYS, "")


@pytest.mark.parametrize(
    "deed",
    [
        lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
        lambda: fcntl.ioctl(0, 0x5401, b"\0" * 64),
        lambda: os.dup(0),
        os.pipe,
        lambda: os.nice(-5),
        lambda: socket.sethostname(_HOSTNAME),
        lambda: resource.setrlimit(resource.RLIMIT_CPU, (100, 100)),
    ],
)
def test_other_calls_just_fail(nursery, pipes, deed):
    code, _ = _attempt(nursery, pipes, lambda: str(deed()))
    assert code == 1


def test_memory_has_an_end(nursery, pipes):
    # Far above the limit: what the parent had freed before the fork is inherited and may be used again.
    code, said = _attempt(nursery, pipes, lambda: str(len(bytearray(8 * LIMITS.memory_bytes))))
    assert (code, said) == (1, "MemoryError")
    assert _attempt(nursery, pipes, lambda: str(len(bytearray(MIB)))) == (0, str(MIB))


@pytest.mark.kernel
def test_the_child_is_nobody_and_alone(nursery, pipes):
    code, said = _attempt(nursery, pipes, lambda: f"{os.getuid()} {os.getgid()} {os.getpid()}")
    assert (code, said) == (0, f"{cages.THROW_AWAY_UID} {cages.THROW_AWAY_UID} 1")


def test_every_layer_says_whether_it_stands(nursery):
    layers = {layer.name: layer for layer in children.layers(nursery)}
    for name in ("resource limits", "seccomp", "no new privileges", "no core, no ptrace", "capabilities"):
        assert layers[name].in_force, layers[name]
    assert all(layer.in_force or layer.detail for layer in layers.values())


def test_a_parent_that_isolated_itself_passes_it_on():
    cage = Cage(LIMITS)
    outside = Path("/proc/self/ns/net").readlink()
    pid = os.fork()
    if pid == 0:
        cage.isolate_parent()
        inside = Path("/proc/self/ns/net").readlink()
        stands = {layer.name: layer.in_force for layer in children.layers(_sharing(cage))}
        os._exit(0 if stands["namespaces"] and (not cage._isolated or inside != outside) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    cage.close()


def _sharing(cage):
    nursery = Nursery(LIMITS)
    nursery.cage = cage
    return nursery


def test_without_libseccomp_the_layer_says_so():
    cage = Cage(LIMITS)
    cage._filter = b""
    pid = cage.fork()
    if pid == 0:
        lacking = {layer.name for layer in cage.enter(0) if not layer.in_force}
        os._exit(0 if "seccomp" in lacking else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    cage.close()


def test_the_parent_s_later_children_are_not_in_the_cage_s_namespace(nursery):
    pid = nursery.cage.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    pid = os.fork()
    if pid == 0:
        os._exit(1 if os.getpid() == 1 else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _spin(cage, slot, _name, _limits):
    cage.enter(slot)
    while True:
        pass


def test_a_child_that_spins_is_stopped_by_its_processor_time(nursery, tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    limited = Nursery(Limits(wall_s=30.0, cpu_s=1))
    found = children.wait(limited.start(fd, "a", work=_spin))
    assert found == uninspected("timed_out")
    limited.close()
    os.close(fd)
