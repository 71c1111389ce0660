"""The filter is built elsewhere and lists no call twice."""

from gapwatch_agent.inspector import seccomp_filter


def test_a_program_is_built_in_a_process_that_is_thrown_away():
    program = seccomp_filter.build()
    assert program
    assert len(program) % 8 == 0


def test_no_call_is_both_allowed_and_fatal():
    allowed = set(seccomp_filter.ALLOWED) | set(seccomp_filter.NO_EXEC_MAPPINGS)
    assert not allowed & set(seccomp_filter.FATAL)
    assert not allowed & {"open", "openat", "openat2", "stat", "statx", "newfstatat", "ioctl", "prctl"}
