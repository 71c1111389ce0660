"""``accounts``: users of the console. Creating one and giving it rights are acts of two people (C12)."""

from __future__ import annotations

import argparse

from gapwatch_collector.commands.grammar import Subparsers, acts, command, group
from gapwatch_collector.commands.opened import acting, opened
from gapwatch_collector.commands.output import DONE, show, show_one
from gapwatch_collector.console.codes import code_hash, new_code
from gapwatch_collector.errors import RefusedError
from gapwatch_collector.model import Role

_MINUTE_NS = 60 * 1_000_000_000


def add(commands: Subparsers) -> None:
    """The part of the parser."""
    accounts = group(commands, "accounts", "users of the console")
    command(accounts, "list", _list, "every account, who created it and who gave it rights")
    create = acts(command(accounts, "create", _create, "first act: an account without rights"))
    grant = acts(
        command(
            accounts,
            "grant",
            _grant,
            "second act, by another person: give an account its role; nobody holds two",
            example="gapwatch-collector accounts grant wang secrecy_administrator --by li",
        )
    )
    sign_in = acts(command(accounts, "sign-in", _sign_in, "a one-time code for signing in to the console"))
    for parser in (create, grant, sign_in):
        parser.add_argument("name", metavar="NAME")
    grant.add_argument("role", choices=[role.value for role in Role])
    sign_in.add_argument(
        "--minutes", type=int, default=60, metavar="N", help="valid for so long (default: %(default)s)"
    )


def _list(options: argparse.Namespace) -> int:
    with opened(options) as at:
        accounts = at.store.accounts.accounts()
    rows = [
        {
            "name": account.name,
            "role": account.role.value if account.role else "-",
            "created by": account.created_by,
            "granted by": account.granted_by or "-",
            "disabled": account.disabled,
        }
        for account in accounts
    ]
    show(rows, as_json=options.json, empty="no account yet; `gapwatch-collector accounts create NAME` makes one")
    return DONE


def _create(options: argparse.Namespace) -> int:
    with opened(options) as at:
        account = at.store.accounts.create(options.name, by=acting(options), now_ns=at.clock.now_ns())
    sentence = f"{account.name}: created without rights; another person grants them (accounts grant)"
    show_one({"name": account.name, "role": None}, as_json=options.json, sentence=sentence)
    return DONE


def _grant(options: argparse.Namespace) -> int:
    role = Role(options.role)
    with opened(options) as at:
        account = at.store.accounts.grant(options.name, role, by=acting(options), now_ns=at.clock.now_ns())
    show_one(
        {"name": account.name, "role": role.value}, as_json=options.json, sentence=f"{account.name}: now {role.value}"
    )
    return DONE


def _sign_in(options: argparse.Namespace) -> int:
    if options.minutes < 1:
        raise RefusedError("--minutes: write a whole number from 1")
    code = new_code()
    with opened(options) as at:
        account = next((one for one in at.store.accounts.accounts() if one.name == options.name), None)
        if account is None:
            raise RefusedError(f"there is no account {options.name!r}; `gapwatch-collector accounts list` shows them")
        if account.role is None:
            raise RefusedError(f"{account.name} has no role yet; another person grants one (accounts grant)")
        expires_ns = at.clock.now_ns() + options.minutes * _MINUTE_NS
        at.store.accounts.add_sign_in(account.account_id, code_hash(code), expires_ns)
    row = {"name": account.name, "role": account.role.value, "code": code, "minutes": options.minutes}
    sentence = f"{code}   signs {account.name} ({account.role.value}) in once, within {options.minutes} min"
    show_one(row, as_json=options.json, sentence=sentence)
    return DONE
