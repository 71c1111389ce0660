"""A console over ports in memory, and everything a console test looks at afterwards."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone

from gapwatch_collector.clock import Clock
from gapwatch_collector.console.codes import code_hash
from gapwatch_collector.console.deps import ConsoleDeps, HostReport
from gapwatch_collector.model import (
    Account,
    ActKind,
    Alert,
    AlertFilter,
    AlertState,
    Host,
    HostState,
    LogEntry,
    NewEntry,
    Origin,
    RegisteredMedium,
    Role,
)
from support.clock import FakeClock
from support.console_alerts import SECOND, FakeRules, make_host

BEIJING = timezone(timedelta(hours=8))
ROLE_NAMES = {
    Role.SECRECY_ADMINISTRATOR: "保密岗甲",
    Role.SYSTEM_ADMINISTRATOR: "运维岗甲",
    Role.SECURITY_AUDITOR: "审计岗甲",
}


class FakeAlerts:
    """AlertQueries over a list."""

    def __init__(self) -> None:
        self.kept: list[Alert] = []
        self.acknowledged: list[tuple[bytes, str, str]] = []
        self._revision = 0

    def add(self, *alerts: Alert) -> None:
        for alert in alerts:
            self.kept.append(replace(alert, number=len(self.kept) + 1))

    def alerts(self, wanted: AlertFilter) -> list[Alert]:
        found = []
        for alert in reversed(self.kept):
            if len(found) == wanted.limit:
                break
            if self._lets_through(wanted, alert):
                found.append(alert)
        return found

    def _lets_through(self, wanted: AlertFilter, alert: Alert) -> bool:
        return (
            (not wanted.severities or alert.severity in wanted.severities)
            and (not wanted.states or alert.state in wanted.states)
            and (not wanted.host_id or alert.host_id == wanted.host_id)
            and (not wanted.before_number or alert.number < wanted.before_number)
            and (not wanted.text or wanted.text in " ".join(map(str, alert.facts.values())))
        )

    def alert(self, alert_id: bytes) -> Alert | None:
        return next((alert for alert in self.kept if alert.alert_id == alert_id), None)

    def case(self, case_id: bytes) -> list[Alert]:
        return sorted((a for a in self.kept if a.case_id == case_id), key=lambda a: -a.severity)

    def counts(self) -> dict[tuple[AlertState, int], int]:
        counts: dict[tuple[AlertState, int], int] = {}
        for alert in self.kept:
            key = (alert.state, alert.severity)
            counts[key] = counts.get(key, 0) + 1
        return counts

    def newest_number(self) -> int:
        return len(self.kept)

    def revision(self) -> int:
        return self._revision

    def acknowledge(self, alert_id: bytes, *, by: str, reason: str, now_ns: int) -> bool:
        for at, alert in enumerate(self.kept):
            if alert.alert_id == alert_id and alert.state is AlertState.OPEN:
                self.kept[at] = replace(alert, state=AlertState.ACKNOWLEDGED, explanation=f"{by}: {reason}")
                self.acknowledged.append((alert_id, by, reason))
                self._revision += 1
                return True
        return False


class FakeAccounts:
    """Accounts, one-time codes and sessions in dictionaries."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Account] = {}
        self.codes: dict[bytes, tuple[bytes, int]] = {}
        self.sessions: dict[bytes, tuple[bytes, int]] = {}

    def put(self, account: Account) -> Account:
        self.kept[account.account_id] = account
        return account

    def create(self, name: str, *, by: str, now_ns: int) -> Account:
        return self.put(Account(hashlib.sha256(name.encode()).digest()[:16], name, None, by))

    def grant(self, name: str, role: Role, *, by: str, now_ns: int) -> Account:
        account = next(a for a in self.kept.values() if a.name == name)
        return self.put(replace(account, role=role, granted_by=by))

    def accounts(self) -> list[Account]:
        return list(self.kept.values())

    def add_sign_in(self, account_id: bytes, code_hash: bytes, expires_ns: int) -> None:
        self.codes[code_hash] = (account_id, expires_ns)

    def spend_sign_in(self, code_hash: bytes, now_ns: int) -> Account | None:
        account_id, expires_ns = self.codes.pop(code_hash, (b"", 0))
        account = self.kept.get(account_id)
        return account if account and now_ns < expires_ns and not account.disabled else None

    def open_session(self, account_id: bytes, session_hash: bytes, expires_ns: int) -> None:
        self.sessions[session_hash] = (account_id, expires_ns)

    def session(self, session_hash: bytes, now_ns: int) -> Account | None:
        account_id, expires_ns = self.sessions.get(session_hash, (b"", 0))
        account = self.kept.get(account_id)
        return account if account and now_ns < expires_ns and not account.disabled else None

    def close_session(self, session_hash: bytes) -> None:
        self.sessions.pop(session_hash, None)


class FakeRegisters:
    """Hosts and media in dictionaries."""

    def __init__(self) -> None:
        self.by_id: dict[bytes, Host] = {}

    def hosts(self) -> list[Host]:
        return list(self.by_id.values())

    def host(self, host_id: bytes) -> Host | None:
        return self.by_id.get(host_id)

    def put_host(self, host: Host, *, by: str, now_ns: int) -> None:
        self.by_id[host.host_id] = host

    def media(self) -> list[RegisteredMedium]:
        return []

    def put_medium(self, medium: RegisteredMedium, *, by: str, now_ns: int) -> None:
        raise NotImplementedError


class FakeAudit:
    """Acts as log entries in a list."""

    def __init__(self) -> None:
        self.kept: list[LogEntry] = []

    def act(self, kind: ActKind, *, by: str, detail: Mapping[str, object], now_ns: int) -> None:
        self.append(Origin.ACT, kind, {"by": by, "detail": dict(detail)}, now_ns)

    def append(self, origin: Origin, kind: int, body: object, now_ns: int) -> None:
        payload = json.dumps(body, sort_keys=True).encode()
        entry = NewEntry(origin, kind, 1, now_ns, 0, payload)
        self.kept.append(LogEntry(len(self.kept) + 1, now_ns, entry))

    def acts(self, before_index: int, limit: int) -> list[LogEntry]:
        found = [entry for entry in reversed(self.kept) if not before_index or entry.log_index < before_index]
        return found[:limit]

    def kinds(self) -> list[int]:
        return [entry.entry.kind for entry in self.kept]


class FakeReports:
    """The last heartbeat of each host."""

    def __init__(self) -> None:
        self.by_id: dict[bytes, HostReport] = {}

    def reports(self) -> Mapping[bytes, HostReport]:
        return self.by_id


@dataclass
class ConsoleWorld:
    """Everything a console test needs to set up and to look at afterwards."""

    clock: Clock = field(default_factory=FakeClock)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    registers: FakeRegisters = field(default_factory=FakeRegisters)
    audit: FakeAudit = field(default_factory=FakeAudit)
    reports: FakeReports = field(default_factory=FakeReports)
    secure_cookies: bool = False
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def deps(self) -> ConsoleDeps:
        return ConsoleDeps(
            alerts=self.alerts,
            accounts=self.accounts,
            registers=self.registers,
            audit=self.audit,
            rules=FakeRules(),
            clock=self.clock,
            zone_label="涉密网",
            level_label="机密",
            unit_name="示例研究所",
            secure_cookies=self.secure_cookies,
            host_reports=self.reports,
            timezone=BEIJING,
        )

    def account(self, role: Role | None, name: str = "") -> Account:
        name = name or (ROLE_NAMES[role] if role else "未授权账号")
        return self.accounts.put(Account(hashlib.sha256(name.encode()).digest()[:16], name, role, "初始化"))

    def code(self, role: Role | None, *, lifetime_s: int = 600) -> str:
        """A fresh one-time code for an account of this role."""
        code = f"CODE-{next(self._numbers)}-{role}"
        expires = self.clock.now_ns() + lifetime_s * SECOND
        self.accounts.add_sign_in(self.account(role).account_id, code_hash(code), expires)
        return code

    def add_hosts(self, count: int) -> None:
        """Machines in the register; one in nine is silent, the last awaits confirmation."""
        for number in range(1, count + 1):
            last = number == count
            host = make_host(number, HostState.AWAITING if last else HostState.ENROLLED)
            self.registers.by_id[host.host_id] = host
            heard = self.clock.now_ns() - (4000 if number % 9 == 0 else 20) * SECOND
            if not last:
                self.reports.by_id[host.host_id] = HostReport(host.host_id, heard, "0.1.0", 1)
