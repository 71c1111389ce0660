"""``policy``: two officers sign it, the collector relays it (C9)."""

from __future__ import annotations

import argparse
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_collector.authority.files import read_bounded, write_new
from gapwatch_collector.authority.keys import load_certificate, load_private_key
from gapwatch_collector.authority.policy import (
    Officer,
    PolicyView,
    describe_policy,
    policy_from_toml,
    sign_policy,
    verify_signed_policy,
)
from gapwatch_collector.clock import SystemClock
from gapwatch_collector.commands.grammar import Subparsers, acts, command, group
from gapwatch_collector.commands.opened import acting, opened
from gapwatch_collector.commands.output import DONE, NO, moment, show_one
from gapwatch_collector.errors import RefusedError

_EXAMPLE = """\
policy.toml:   version = 2
               zone = "classified"
               heartbeat_interval_s = 60
               [controls]
               usb_storage = "observe"       # off, observe or enforce
  first officer:   gapwatch-collector policy sign policy.toml --key li.key --certificate li.pem --out half.policy
  second officer:  gapwatch-collector policy sign half.policy --key wang.key --certificate wang.pem --out v2.policy
  administrator:   gapwatch-collector policy publish v2.policy"""


def add(commands: Subparsers) -> None:
    """The part of the parser."""
    policy = group(commands, "policy", "what agents must do, signed by two officers")
    sign = command(policy, "sign", _sign, "sign a policy, or add a second officer's signature", example=_EXAMPLE)
    sign.add_argument("policy", type=Path, metavar="FILE", help="policy.toml, or a policy another officer has signed")
    sign.add_argument("--key", type=Path, action="append", required=True, metavar="FILE", help="an officer's key")
    sign.add_argument(
        "--certificate", type=Path, action="append", required=True, metavar="FILE", help="its certificate"
    )
    sign.add_argument("--passphrase-file", type=Path, metavar="FILE", help="when the key is encrypted")
    sign.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="where the signed policy goes; a new file"
    )
    publish = acts(command(policy, "publish", _publish, "hand a policy with two signatures to every agent"))
    publish.add_argument("policy", type=Path, metavar="FILE")
    show = command(
        policy, "show", _show, "what a signed policy says; without FILE the one in force; 1 if there is none"
    )
    show.add_argument("policy", type=Path, nargs="?", metavar="FILE")


def _sign(options: argparse.Namespace) -> int:
    if len(options.key) != len(options.certificate):
        raise RefusedError("give one --certificate for each --key, in the same order")
    passphrase = read_bounded(options.passphrase_file).strip() if options.passphrase_file else b""
    officers = []
    for key_path, certificate_path in zip(options.key, options.certificate, strict=True):
        key = load_private_key(key_path, passphrase)
        if not isinstance(key, Ed25519PrivateKey):
            raise RefusedError(f"{key_path} is not an officer's key (Ed25519)")
        officers.append(Officer(key, load_certificate(certificate_path)))
    content = read_bounded(options.policy)
    if options.policy.suffix == ".toml":
        text = content.decode("utf-8", "replace")
        signed = sign_policy(policy_from_toml(text, str(options.policy), SystemClock().now_ns()), officers)
    else:
        signed = sign_policy(b"", officers, content)
    write_new(options.out, signed, mode=0o644)
    view = describe_policy(signed)
    sentence = f"{options.out}: version {view.version}, signed by {', '.join(view.officers)}"
    if len(view.officers) < 2:
        sentence += "; a second officer must sign before it can be published"
    show_one(_row(view), as_json=options.json, sentence=sentence)
    return DONE


def _publish(options: argparse.Namespace) -> int:
    signed = read_bounded(options.policy)
    with opened(options) as at:
        view = verify_signed_policy(signed, at.keys.root)
        zone = at.config.collector.zone
        if zone and view.zone != zone:
            raise RefusedError(f"the policy is for zone {view.zone!r}, this collector is zone {zone!r}")
        at.store.policies.publish(view.version, signed, by=acting(options), now_ns=at.clock.now_ns())
    sentence = f"version {view.version}, signed by {', '.join(view.officers)}: connected agents have it within seconds"
    show_one(_row(view), as_json=options.json, sentence=sentence)
    return DONE


def _show(options: argparse.Namespace) -> int:
    if options.policy is not None:
        signed: bytes | None = read_bounded(options.policy)
    else:
        with opened(options) as at:
            signed = at.store.policies.newest()
    if signed is None:
        show_one({}, as_json=options.json, sentence="no policy has been published; agents observe by their defaults")
        return NO
    view = describe_policy(signed)
    lines = [
        f"version              {view.version}",
        f"zone                 {view.zone or '-'}",
        f"issued               {moment(view.issued_at_ns)}",
        f"signed by            {', '.join(view.officers)}",
        f"heartbeat interval   {view.heartbeat_interval_s} s",
        *(f"control              {name} = {mode}" for name, mode in sorted(view.controls.items())),
    ]
    show_one(_row(view), as_json=options.json, sentence="\n".join(lines))
    return DONE


def _row(view: PolicyView) -> dict[str, object]:
    return {
        "version": view.version,
        "zone": view.zone,
        "issued_at_ns": view.issued_at_ns,
        "heartbeat_interval_s": view.heartbeat_interval_s,
        "controls": view.controls,
        "officers": list(view.officers),
    }
