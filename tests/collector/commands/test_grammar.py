"""Every command teaches by its --help, takes --json and refuses wrong usage with its own exit code."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from gapwatch_collector.cli import _parser, main
from gapwatch_collector.commands.grammar import Parser


def leaves(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Parser]]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield path, parser
    for action in below:
        for name, child in action.choices.items():
            yield from leaves(child, (*path, name))


COMMANDS = dict(leaves(_parser()))


def test_the_commands_are_these() -> None:
    assert {" ".join(path) for path in COMMANDS} == {
        "serve",
        "check-config",
        "migrate",
        "verify",
        "keys create",
        "token create",
        "hosts list",
        "hosts confirm",
        "hosts revoke",
        "hosts set",
        "media list",
        "media add",
        "accounts list",
        "accounts create",
        "accounts grant",
        "accounts sign-in",
        "policy sign",
        "policy publish",
        "policy show",
        "rules check",
        "rules test",
        "rules list",
    }


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_teaches(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*path, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "--json" in text
    assert "--config" in text
    assert len(COMMANDS[path].description or "") > 20


@pytest.mark.parametrize(
    "arguments", [[], ["serve", "--role", "nothing"], ["hosts"], ["accounts", "grant", "x", "king"]]
)
def test_wrong_usage_ends_with_three(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 3
    assert "usage:" in capsys.readouterr().err
