"""Users of the console and the separation of their duties (C12), one-time sign-ins and sessions.

Creating an account and giving it rights are acts of two people, and nobody gives rights to themselves; an account holds
one role for good. Codes and session ids arrive and are stored as SHA-256 only.
"""

from __future__ import annotations

import secrets
import unicodedata

from sqlalchemy import Connection, delete, select, update

from gapwatch_collector.errors import RefusedError
from gapwatch_collector.model import Account, ActKind, Role
from gapwatch_collector.store.database import AnyRow, Database
from gapwatch_collector.store.entries import act_entry
from gapwatch_collector.store.log import LogWriter
from gapwatch_collector.store.schema import ACCOUNTS, SESSIONS, SIGN_INS
from gapwatch_proto.record import ID_BYTES

_ACCOUNT = select(
    ACCOUNTS.c.account_id,
    ACCOUNTS.c.name,
    ACCOUNTS.c.role,
    ACCOUNTS.c.created_by,
    ACCOUNTS.c.granted_by,
    ACCOUNTS.c.disabled,
)
_NAME_MAX = 64


class SqlAccounts:
    """Fills the Accounts port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer

    def create(self, name: str, *, by: str, now_ns: int) -> Account:
        shown = unicodedata.normalize("NFC", name).strip()
        if not shown or len(shown) > _NAME_MAX or not shown.isprintable():
            raise RefusedError(f"an account's name has 1 to {_NAME_MAX} printable characters")
        account = Account(secrets.token_bytes(ID_BYTES), shown, None, by)
        with self._database.write() as connection:
            if _named(connection, shown) is not None:
                raise RefusedError(f"the name {shown!r} is taken")
            connection.execute(
                ACCOUNTS.insert().values(
                    account_id=account.account_id,
                    name=shown,
                    folded_name=_folded(shown),
                    role=None,
                    created_by=by,
                    granted_by="",
                    disabled=False,
                    created_ns=now_ns,
                )
            )
            self._log(connection, ActKind.ACCOUNT_CREATED, by, {"name": shown}, now_ns)
        return account

    def grant(self, name: str, role: Role, *, by: str, now_ns: int) -> Account:
        with self._database.write() as connection:
            row = _named(connection, name)
            if row is None:
                raise RefusedError(f"there is no account {name!r}")
            account = _account(row)
            if account.role is not None:
                raise RefusedError(f"{account.name!r} already holds {account.role.value}; nobody holds two roles")
            if _folded(by) == _folded(account.created_by):
                raise RefusedError(f"{by!r} created {account.name!r}; somebody else must give it rights")
            if _folded(by) == _folded(account.name):
                raise RefusedError("nobody gives rights to themselves")
            granted = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account.account_id)
            connection.execute(granted.values(role=role.value, granted_by=by))
            self._log(connection, ActKind.RIGHTS_GRANTED, by, {"name": account.name, "role": role.value}, now_ns)
        return Account(account.account_id, account.name, role, account.created_by, by, account.disabled)

    def accounts(self) -> list[Account]:
        """By name."""
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(_ACCOUNT.order_by(ACCOUNTS.c.folded_name))]

    def add_sign_in(self, account_id: bytes, code_hash: bytes, expires_ns: int) -> None:
        with self._database.write() as connection:
            connection.execute(
                SIGN_INS.insert().values(code_hash=code_hash, account_id=account_id, expires_ns=expires_ns)
            )

    def spend_sign_in(self, code_hash: bytes, now_ns: int) -> Account | None:
        """Also sweeps out what has expired."""
        with self._database.write() as connection:
            for table in (SIGN_INS, SESSIONS):
                connection.execute(delete(table).where(table.c.expires_ns <= now_ns))
            wanted = _ACCOUNT.join(SIGN_INS, SIGN_INS.c.account_id == ACCOUNTS.c.account_id)
            row = connection.execute(wanted.where(SIGN_INS.c.code_hash == code_hash)).one_or_none()
            connection.execute(delete(SIGN_INS).where(SIGN_INS.c.code_hash == code_hash))
        return None if row is None or row.disabled else _account(row)

    def open_session(self, account_id: bytes, session_hash: bytes, expires_ns: int) -> None:
        with self._database.write() as connection:
            connection.execute(
                SESSIONS.insert().values(session_hash=session_hash, account_id=account_id, expires_ns=expires_ns)
            )

    def session(self, session_hash: bytes, now_ns: int) -> Account | None:
        wanted = (
            _ACCOUNT.join(SESSIONS, SESSIONS.c.account_id == ACCOUNTS.c.account_id)
            .where(SESSIONS.c.session_hash == session_hash)
            .where(SESSIONS.c.expires_ns > now_ns)
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None or row.disabled else _account(row)

    def close_session(self, session_hash: bytes) -> None:
        with self._database.write() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.session_hash == session_hash))

    def _log(self, connection: Connection, kind: ActKind, by: str, detail: dict[str, object], now_ns: int) -> None:
        self._writer.append(connection, [act_entry(kind, by=by, detail=detail, now_ns=now_ns)])


def _named(connection: Connection, name: str) -> AnyRow | None:
    return connection.execute(_ACCOUNT.where(ACCOUNTS.c.folded_name == _folded(name))).one_or_none()


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _account(row: AnyRow) -> Account:
    role = None if row.role is None else Role(row.role)
    return Account(row.account_id, row.name, role, row.created_by, row.granted_by, row.disabled)
