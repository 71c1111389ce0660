"""Refusals come back as OSError with the kernel's reason."""

import errno
import os

import pytest

from gapwatch_agent.inspector import syscalls


def test_a_bad_descriptor_is_no_namespace():
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        syscalls.setns(-1, syscalls.CLONE_NEWNET)
    assert caught.value.errno == errno.EBADF


def test_an_empty_program_is_refused():
    pid = os.fork()
    if pid == 0:
        try:
            syscalls.no_new_privileges()
            syscalls.load_seccomp(b"")
        except OSError as error:
            os._exit(0 if error.errno == errno.EINVAL else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
