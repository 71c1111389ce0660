"""What goes wrong becomes a sentence and an exit code, never a traceback."""

from __future__ import annotations

import pytest

from gapwatch_collector import cli
from gapwatch_collector.errors import CollectorError, ConfigError, RefusedError, RuleError, StoreBusyError


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ConfigError("f", ["a: b"]), 3, "1 mistake(s)"),
        (RuleError("r.yml", 3, "unknown field"), 3, "r.yml:3: unknown field"),
        (RefusedError("taken"), 1, "refused: taken"),
        (StoreBusyError("locked"), 2, "try again: locked"),
        (CollectorError("something"), 2, "something"),
        (PermissionError(13, "Permission denied", "/x"), 2, "Permission denied"),
        (ZeroDivisionError("secret"), 2, "a mistake in the program (ZeroDivisionError)"),
    ],
)
def test_every_failure_is_a_sentence(
    error: Exception, code: int, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_options: object) -> int:
        raise error

    def parser() -> cli.Parser:
        made = cli.Parser()
        made.set_defaults(handler=fail, verbose=False)
        return made

    monkeypatch.setattr(cli, "_parser", parser)
    assert cli.main([]) == code
    complaint = capsys.readouterr().err
    assert complaint.startswith("gapwatch-collector: ")
    assert words in complaint
    assert "Traceback" not in complaint


def test_first_steps_are_taught(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    for step in (
        "keys create",
        "check-config",
        "accounts grant",
        "serve",
        "token create",
        "hosts confirm",
        "exit codes",
    ):
        assert step in text
