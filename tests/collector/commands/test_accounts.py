"""Users of the console: created by one person, given rights by another."""

from __future__ import annotations

from gapwatch_collector.model import Role
from support.collectors import CommandLine


def test_two_people_make_an_officer_who_can_sign_in(collector: CommandLine) -> None:
    collector("accounts", "create", "wang", "--by", "li")
    collector("accounts", "sign-in", "wang", code=1)
    assert "no role yet" in collector.complaint
    collector("accounts", "grant", "wang", "secrecy_administrator", "--by", "li", code=1)
    assert "somebody else" in collector.complaint
    collector("accounts", "grant", "wang", "secrecy_administrator", "--by", "zhao")
    row = collector.json("accounts", "sign-in", "wang", "--minutes", "5")
    assert (row["name"], row["role"], row["minutes"]) == ("wang", Role.SECRECY_ADMINISTRATOR, 5)
    assert len(row["code"]) > 20
    assert collector.json("accounts", "list") == [
        {
            "name": "wang",
            "role": "secrecy_administrator",
            "created by": "li",
            "granted by": "zhao",
            "disabled": False,
        }
    ]


def test_mistakes_get_a_sentence(collector: CommandLine) -> None:
    assert "no account yet" in collector("accounts", "list")
    collector("accounts", "sign-in", "nobody", code=1)
    assert "there is no account" in collector.complaint
    collector("accounts", "create", "wang")
    collector("accounts", "create", "wang", code=1)
    assert "taken" in collector.complaint
    collector("accounts", "sign-in", "wang", "--minutes", "0", code=1)
    assert "--minutes" in collector.complaint
