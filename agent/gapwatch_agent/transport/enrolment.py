"""Obtaining and renewing the host's certificate on the collector's enrolment port (C15).

The port is server-authenticated only; the server must hold a certificate of the pinned root. A token buys a place in
the queue, an officer confirms, the same request then gets the certificate. Renewal is signed with the chain key, so it
works when the certificate has expired.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc.aio

from gapwatch_agent.errors import RefusedError, UnavailableError
from gapwatch_agent.transport.identity import Certificate, HostKeys, IdentityStore
from gapwatch_agent.transport.target import explain, open_channel
from gapwatch_proto.identity import build_csr, renewal_message
from gapwatch_proto.v1 import enrolment_pb2 as pb
from gapwatch_proto.wire import ENROL_METHOD, RENEW_METHOD

_CALL_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What ties a token to one machine: hashes, never the numbers themselves."""

    machine_id_hash: str
    dmi_uuid_hash: str
    hostname: str


@dataclass(frozen=True, slots=True)
class Awaiting:
    """The token was taken; an officer has to confirm. Ask again in ``ask_again_s``."""

    ask_again_s: int


class Enrolment:
    """Calls to one collector's enrolment port for one host."""

    def __init__(self, address: str, store: IdentityStore) -> None:
        self._address, self._store = address, store

    async def enrol(self, keys: HostKeys, token: str, machine: Machine) -> Certificate | Awaiting:
        """Spend the token, or ask whether the officer has confirmed.

        Raises RefusedError when asking again cannot help (the message says what to do), UnavailableError when it can.
        """
        csr = self._store.request(keys, machine.hostname)
        request = pb.EnrolRequest(
            token=token,
            csr=csr,
            machine=pb.MachineIdentity(
                machine_id_hash=machine.machine_id_hash,
                dmi_uuid_hash=machine.dmi_uuid_hash,
                hostname=machine.hostname,
            ),
        )
        reply = await self._call(ENROL_METHOD, request.SerializeToString())
        if reply.status == pb.EnrolReply.AWAITING_CONFIRMATION:
            return Awaiting(min(max(reply.ask_again_s, 1), 3600))
        self._store.save_log_key(reply.log_key)
        return self._store.save_certificate(reply.certificate_chain, reply.host_id)

    async def renew(self, keys: HostKeys, host_id: bytes, hostname: str) -> Certificate:
        """A new certificate for the same keys and host. Raises as ``enrol`` does."""
        csr = build_csr(keys.tls, keys.chain, hostname)
        signature = keys.chain.sign(renewal_message(host_id, csr))
        request = pb.RenewRequest(host_id=host_id, csr=csr, signature=signature)
        reply = await self._call(RENEW_METHOD, request.SerializeToString())
        self._store.save_log_key(reply.log_key)
        return self._store.save_certificate(reply.certificate_chain, host_id)

    async def _call(self, method: str, request: bytes) -> pb.EnrolReply:
        channel = open_channel(self._address, self._store.root_pem)
        try:
            call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=pb.EnrolReply.FromString)
            reply = await call(request, timeout=_CALL_TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            raise explain(error.code(), error.details() or "", self._address) from error
        finally:
            await channel.close()
        if reply.status == pb.EnrolReply.STATUS_UNSPECIFIED:
            raise UnavailableError(f"the collector at {self._address} gave an answer this program does not know")
        return reply


def read_token(path: Path) -> str:
    """The token in its file. Raises RefusedError when there is none."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"the host is not enrolled and {path} holds no token: {error}") from error
    if not token or len(token) > 256:
        raise RefusedError(f"the host is not enrolled and {path} holds no token")
    return token


def this_machine(
    hostname: str,
    machine_id: Path = Path("/etc/machine-id"),
    dmi_uuid: Path = Path("/sys/class/dmi/id/product_uuid"),
) -> Machine:
    """Hashes of the machine's identifiers; empty where one cannot be read (the DMI UUID needs root)."""
    return Machine(_hash_of(machine_id), _hash_of(dmi_uuid), hostname)


def _hash_of(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip().lower()
    except (OSError, UnicodeDecodeError):
        return ""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
