"""``token``, ``hosts`` and ``media``: who may connect and what is registered."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from gapwatch_collector.commands.grammar import Subparsers, acts, command, group
from gapwatch_collector.commands.opened import Opened, acting, find_host, opened, parse_ceilings
from gapwatch_collector.commands.output import DONE, moment, show, show_one
from gapwatch_collector.errors import RefusedError
from gapwatch_collector.ingest.enrolment import token_hash
from gapwatch_collector.model import ActKind, EnrolmentToken, Host, HostState, RegisteredMedium
from gapwatch_proto.record import ID_BYTES

ChangeHost = Callable[[Host], Host]

_HOUR_NS = 3_600 * 1_000_000_000
_CEILING = "AXIS=LEVEL"


def add(commands: Subparsers) -> None:
    """The part of the parser."""
    token = group(commands, "token", "one-time tokens that let a machine ask to be enrolled")
    create = acts(
        command(
            token,
            "create",
            _create_token,
            "make a one-time token; it is shown once and only its hash is kept",
            example="gapwatch-collector token create --hours 24 > station-17.token",
        )
    )
    create.add_argument("--machine", default="", metavar="HASH", help="only the machine with this machine-id hash")
    create.add_argument("--hours", type=int, metavar="N", help="valid for so long (default: enrolment.token_hours)")
    _add_hosts(group(commands, "hosts", "the machines of this zone"))
    _add_media(group(commands, "media", "the removable media of this zone"))


def _add_hosts(hosts: Subparsers) -> None:
    listing = command(hosts, "list", _list_hosts, "every machine in the register")
    listing.add_argument("--state", choices=[state.value for state in HostState], help="only those")
    confirm = acts(command(hosts, "confirm", _confirm, "let a machine that spent a token be enrolled"))
    revoke = acts(command(hosts, "revoke", _revoke, "cut a machine off for good; its open stream ends in seconds"))
    change = acts(
        command(
            hosts,
            "set",
            _set_host,
            "change what the register says about a machine",
            example="gapwatch-collector hosts set station-17 --zone classified --ceiling state=secret --unit archive",
        )
    )
    for parser in (confirm, revoke, change):
        parser.add_argument("host", metavar="HOST", help="name, or the id or at least four digits of its beginning")
    for name in ("name", "zone", "unit", "person", "profile", "secrecy-number"):
        change.add_argument(f"--{name}", metavar="TEXT")
    change.add_argument("--ceiling", action="append", default=[], metavar=_CEILING, help="AXIS= takes it away")


def _add_media(media: Subparsers) -> None:
    command(media, "list", _list_media, "every registered medium")
    register = acts(
        command(
            media,
            "add",
            _add_medium,
            "register a removable medium, found again by its serial number and filesystem id",
            example="gapwatch-collector media add --label M-0042 --serial 4C530001 --zone classified "
            "--ceiling state=secret",
        )
    )
    register.add_argument("--label", required=True, metavar="TEXT", help="the number on its sticker")
    register.add_argument("--serial", required=True, metavar="TEXT", help="the device's serial number")
    for name in ("filesystem-id", "vendor-id", "product-id", "zone", "holder"):
        register.add_argument(f"--{name}", default="", metavar="TEXT")
    register.add_argument("--ceiling", action="append", default=[], metavar=_CEILING)


def _create_token(options: argparse.Namespace) -> int:
    token = secrets.token_urlsafe(32)
    with opened(options) as at:
        hours = options.hours if options.hours is not None else at.config.enrolment.token_hours
        if hours < 1:
            raise RefusedError("--hours: write a whole number from 1")
        now_ns, by = at.clock.now_ns(), acting(options)
        expires_ns = now_ns + hours * _HOUR_NS
        at.store.enrolments.add_token(EnrolmentToken(token_hash(token), now_ns, expires_ns, by, options.machine))
        detail = {"expires": moment(expires_ns), "machine_id_hash": options.machine}
        at.store.audit.act(ActKind.TOKEN_CREATED, by=by, detail=detail, now_ns=now_ns)
    # The token alone, so that it can be sent to a file.
    show_one({"token": token, "expires": moment(expires_ns)}, as_json=options.json, sentence=token)
    return DONE


def _list_hosts(options: argparse.Namespace) -> int:
    with opened(options) as at:
        hosts = [host for host in at.store.registers.hosts() if not options.state or host.state == options.state]
    rows = [
        {
            "id": host.host_id.hex(),
            "name": host.name,
            "state": host.state.value,
            "zone": host.zone,
            "unit": host.unit,
            "person": host.responsible_person,
            "ceilings": _ceilings(host.ceilings, as_json=options.json),
            "enrolled": moment(host.enrolled_ns),
        }
        for host in hosts
    ]
    show(rows, as_json=options.json, empty="no machine yet; `gapwatch-collector token create` is the first step")
    return DONE


def _confirm(options: argparse.Namespace) -> int:
    def confirmed(host: Host) -> Host:
        if host.state is not HostState.AWAITING:
            raise RefusedError(
                f"{host.name} is {host.state.value}; only a machine that awaits confirmation can be confirmed"
            )
        return replace(host, state=HostState.ENROLLED)

    return _move(options, confirmed, ActKind.HOST_CONFIRMED, "confirmed; it gets its certificate when it asks again")


def _revoke(options: argparse.Namespace) -> int:
    def revoked(host: Host) -> Host:
        if host.state is HostState.REVOKED:
            raise RefusedError(f"{host.name} is revoked already")
        return replace(host, state=HostState.REVOKED)

    return _move(options, revoked, ActKind.HOST_REVOKED, "revoked; an open stream of it ends within seconds")


def _move(options: argparse.Namespace, change: ChangeHost, kind: ActKind, outcome: str) -> int:
    with opened(options) as at:
        now_ns, by = at.clock.now_ns(), acting(options)
        host = _changed(at, find_host(at.store, options.host), change, by=by, now_ns=now_ns)
        detail = {"host_id": host.host_id.hex(), "name": host.name}
        at.store.audit.act(kind, by=by, detail=detail, now_ns=now_ns)
    _show_host(options, host, outcome)
    return DONE


def _changed(at: Opened, found: Host, change: ChangeHost, *, by: str, now_ns: int) -> Host:
    """The collector may be writing this row too: what is changed is what stands there at that moment."""
    changed = at.store.registers.change_host(
        found.host_id, lambda host: None if host is None else change(host), by=by, now_ns=now_ns
    )
    return found if changed is None else changed


def _set_host(options: argparse.Namespace) -> int:
    ceilings = parse_ceilings(options.ceiling)
    given = {
        "name": options.name,
        "zone": options.zone,
        "unit": options.unit,
        "responsible_person": options.person,
        "profile": options.profile,
        "secrecy_number": options.secrecy_number,
    }

    def rewritten(host: Host) -> Host:
        changed = replace(
            host,
            ceilings={axis: level for axis, level in {**host.ceilings, **ceilings}.items() if level},
            **{name: value for name, value in given.items() if value is not None},
        )
        if changed == host:
            raise RefusedError("nothing would change; say what, for example --ceiling state=secret (see --help)")
        return changed

    with opened(options) as at:
        found = find_host(at.store, options.host)
        host = _changed(at, found, rewritten, by=acting(options), now_ns=at.clock.now_ns())
    _show_host(options, host, "changed")
    return DONE


def _show_host(options: argparse.Namespace, host: Host, outcome: str) -> None:
    row = {"id": host.host_id.hex(), "name": host.name, "state": host.state.value, "ceilings": dict(host.ceilings)}
    show_one(row, as_json=options.json, sentence=f"{host.name} ({host.host_id.hex()}): {outcome}")


def _list_media(options: argparse.Namespace) -> int:
    with opened(options) as at:
        media = at.store.registers.media()
    rows = [
        {
            "label": medium.label,
            "serial": medium.serial_number,
            "filesystem": medium.filesystem_id,
            "zone": medium.zone,
            "ceilings": _ceilings(medium.ceilings, as_json=options.json),
            "holder": medium.holder,
            "status": medium.status,
        }
        for medium in media
    ]
    show(rows, as_json=options.json, empty="no medium is registered; `gapwatch-collector media add` registers one")
    return DONE


def _add_medium(options: argparse.Namespace) -> int:
    with opened(options) as at:
        _require_new_label(at, options.label)
        medium = RegisteredMedium(
            medium_id=secrets.token_bytes(ID_BYTES),
            label=options.label,
            serial_number=options.serial,
            filesystem_id=options.filesystem_id,
            vendor_id=options.vendor_id,
            product_id=options.product_id,
            zone=options.zone or at.config.collector.zone,
            ceilings={axis: level for axis, level in parse_ceilings(options.ceiling).items() if level},
            holder=options.holder,
        )
        at.store.registers.put_medium(medium, by=acting(options), now_ns=at.clock.now_ns())
    row = {"label": medium.label, "serial": medium.serial_number, "zone": medium.zone}
    show_one(row, as_json=options.json, sentence=f"{medium.label}: registered")
    return DONE


def _require_new_label(at: Opened, label: str) -> None:
    if any(medium.label == label for medium in at.store.registers.media()):
        raise RefusedError(f"a medium with the label {label!r} is registered already")


def _ceilings(ceilings: Mapping[str, str], *, as_json: bool) -> object:
    return dict(ceilings) if as_json else " ".join(f"{axis}={level}" for axis, level in sorted(ceilings.items())) or "-"
