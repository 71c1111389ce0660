"""One-time tokens and the hosts that spent one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select, update

from gapwatch_collector.model import EnrolmentToken, HostState, PendingEnrolment
from gapwatch_collector.store.database import Database
from gapwatch_collector.store.schema import ENROLMENT_TOKENS, HOSTS, PENDING_ENROLMENTS


class SqlEnrolments:
    """Fills the Enrolments port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_token(self, token: EnrolmentToken) -> None:
        row = {
            "token_hash": token.token_hash,
            "created_ns": token.created_ns,
            "expires_ns": token.expires_ns,
            "created_by": token.created_by,
            "machine_id_hash": token.machine_id_hash,
            "host_id": token.host_id,
            "spent_ns": 0,
        }
        with self._database.write() as connection:
            connection.execute(ENROLMENT_TOKENS.insert().values(row))

    def spend_token(self, token_hash: bytes, pending: PendingEnrolment, now_ns: int) -> str:
        """The same machine asking again with the same request is told the same, even after the token expired."""
        tokens = ENROLMENT_TOKENS.c
        with self._database.write() as connection:
            token = connection.execute(select(ENROLMENT_TOKENS).where(tokens.token_hash == token_hash)).one_or_none()
            if token is None:
                return "unknown"
            if token.spent_ns:
                return "" if self._is_repeat(connection, token_hash, pending) else "used"
            if now_ns >= token.expires_ns:
                return "expired"
            if token.machine_id_hash and token.machine_id_hash != pending.machine_id_hash:
                return "other_machine"
            if token.host_id and token.host_id != pending.host_id:
                return "other_machine"
            connection.execute(update(ENROLMENT_TOKENS).where(tokens.token_hash == token_hash).values(spent_ns=now_ns))
            self._keep(connection, token_hash, pending)
        return ""

    def pending(self) -> list[PendingEnrolment]:
        """Those that nobody has decided on yet, oldest first."""
        waiting = (
            select(PENDING_ENROLMENTS)
            .outerjoin(HOSTS, HOSTS.c.host_id == PENDING_ENROLMENTS.c.host_id)
            .where(HOSTS.c.host_id.is_(None) | (HOSTS.c.state == HostState.AWAITING.value))
            .order_by(PENDING_ENROLMENTS.c.asked_ns, PENDING_ENROLMENTS.c.host_id)
        )
        with self._database.read() as connection:
            return [PendingEnrolment(*row) for row in connection.execute(waiting)]

    def pending_host(self, host_id: bytes) -> PendingEnrolment | None:
        """Also after the decision: the request is what the certificate is made from."""
        with self._database.read() as connection:
            return _find(connection, PENDING_ENROLMENTS.c.host_id == host_id)

    def pending_by_token(self, token_hash: bytes) -> PendingEnrolment | None:
        with self._database.read() as connection:
            return _find(connection, PENDING_ENROLMENTS.c.token_hash == token_hash)

    def _is_repeat(self, connection: Connection, token_hash: bytes, pending: PendingEnrolment) -> bool:
        first = _find(connection, PENDING_ENROLMENTS.c.token_hash == token_hash)
        return (
            first is not None
            and first.csr == pending.csr
            and first.chain_key == pending.chain_key
            and first.machine_id_hash == pending.machine_id_hash
        )

    def _keep(self, connection: Connection, token_hash: bytes, pending: PendingEnrolment) -> None:
        row = {
            "token_hash": token_hash,
            "csr": pending.csr,
            "chain_key": pending.chain_key,
            "hostname": pending.hostname,
            "machine_id_hash": pending.machine_id_hash,
            "asked_ns": pending.asked_ns,
        }
        keep = self._database.dialect.insert(PENDING_ENROLMENTS).values(host_id=pending.host_id, **row)
        # A host that enrols anew with a fresh token replaces its earlier request.
        connection.execute(keep.on_conflict_do_update(index_elements=[PENDING_ENROLMENTS.c.host_id], set_=row))


def _find(connection: Connection, condition: ColumnElement[bool]) -> PendingEnrolment | None:
    row = connection.execute(select(PENDING_ENROLMENTS).where(condition)).one_or_none()
    return None if row is None else PendingEnrolment(*row)
