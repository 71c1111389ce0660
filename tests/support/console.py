"""A console over ports in memory, and alerts as a working unit would see them (roles and machine numbers only)."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone

from gapwatch_collector.clock import Clock
from gapwatch_collector.console.codes import code_hash
from gapwatch_collector.console.deps import ConsoleDeps, HostReport
from gapwatch_collector.console.texts import ClauseText, RuleText
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

BEIJING = timezone(timedelta(hours=8))
SECOND = 1_000_000_000
NOW_NS = FakeClock().now_ns()
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


# --- rules ------------------------------------------------------------------------------------------------------------

_CLAUSE = ClauseText(
    "中华人民共和国保守国家秘密法（2024 年修订）",
    "第三十一条",
    "机关、单位应当加强对信息系统、信息设备的保密管理，建设保密自监管设施，及时发现并处置安全保密风险隐患。",
)
_RULES = {
    "med-06": (
        "MED-06",
        5,
        ("高密低流", "File above the medium's level"),
        (
            (
                "终端 {host.name} 把标有 {mark.text} 的文件 {file.name} 用 {actor.process.name} 复制到"
                "未登记介质 {medium.product_name}（{medium.serial_number}），操作人 {actor.user.name}，无匹配审批"
            ),
            (
                "On {host.name} {actor.user.name} copied {file.name}, marked {mark.text}, with {actor.process.name} to"
                " the unregistered medium {medium.product_name} ({medium.serial_number}); no approval matches"
            ),
        ),
        ("file.exceeds_medium", "mark.level", "mark.axis", "medium.registered", "ticket.matched"),
    ),
    "med-01": (
        "MED-01",
        4,
        ("未登记介质接入涉密机", "Unregistered medium on a classified machine"),
        (
            "未登记介质 {medium.vendor_name} {medium.product_name}（{medium.serial_number}）接入终端 {host.name}",
            (
                "Unregistered medium {medium.vendor_name} {medium.product_name} ({medium.serial_number})"
                " attached to {host.name}"
            ),
        ),
        ("medium.registered", "host.classified"),
    ),
    "dev-01": (
        "DEV-01",
        4,
        ("无线网卡", "Wi-Fi adapter"),
        ("终端 {host.name} 出现无线网卡 {radio.name}", "Wi-Fi adapter {radio.name} appeared on {host.name}"),
        ("radio.technology", "radio.state", "host.classified"),
    ),
    "net-07": (
        "NET-07",
        5,
        ("手机或 USB 共享上网", "Tethering"),
        (
            "终端 {host.name} 经 {interface.driver} 接口 {interface.name} 共享上网",
            "{host.name} is tethered through {interface.name} ({interface.driver})",
        ),
        ("interface.tethered", "interface.driver", "host.classified"),
    ),
    "net-03": (
        "NET-03",
        4,
        ("未授权默认路由", "Unapproved default route"),
        (
            "终端 {host.name} 出现默认路由 {route.gateway}（{interface.name}）",
            "Default route {route.gateway} on {interface.name} of {host.name}",
        ),
        ("route.state", "host.profile"),
    ),
    "sys-05": (
        "SYS-05",
        3,
        ("终端失联", "Machine silent"),
        ("终端 {host.name} 失联，无外出携带审批", "{host.name} is silent and has no carry-out approval"),
        ("host.classified",),
    ),
}


class FakeRules:
    """RuleTexts with the first rules' wording."""

    def text(self, rule_id: str, language: str) -> RuleText | None:
        if rule_id not in _RULES:
            return None
        _, _, titles, _, names = _RULES[rule_id]
        handling = (
            "确认介质去向，封存介质，核查操作人与审批；属实的转入整改。"
            if language == "zh"
            else "Secure the medium, check person and approval; if true, open a rectification."
        )
        return RuleText(titles[language == "en"], handling, (_CLAUSE,), names)

    def sentence(self, rule_id: str, language: str, facts: Mapping[str, object]) -> str:
        if rule_id not in _RULES:
            return ""
        sentence: str = _RULES[rule_id][3][language == "en"]
        for name in sorted(facts, key=len, reverse=True):
            sentence = sentence.replace("{" + name + "}", str(facts[name]))
        return sentence


# --- a unit's machines and what happens on them -----------------------------------------------------------------------


def host_id(number: int) -> bytes:
    return hashlib.sha256(f"host {number}".encode()).digest()[:16]


def make_host(number: int, state: HostState = HostState.ENROLLED, **fields: object) -> Host:
    values: dict[str, object] = {
        "zone": "涉密网",
        "secrecy_number": f"BM-{number:04d}",
        "unit": ("总体室", "结构室", "测试室")[number % 3],
        "responsible_person": f"{('总体', '结构', '测试')[number % 3]}岗{number}",
        "profile": "standalone",
        "ceilings": {"state": ("confidential", "secret")[number % 2]},
    }
    return Host(host_id(number), f"涉机-{number:03d}", state, **{**values, **fields})


def make_alert(at: int, rule_id: str = "med-06", *, now_ns: int = NOW_NS, **facts: object) -> Alert:
    """Alert number ``at`` of a rule, with the facts such an event brings; ``facts`` replaces some of them."""
    number = at % 60 + 1
    catalogue_id, severity, *_ = _RULES[rule_id]
    base: dict[str, object] = {
        "host.name": f"涉机-{number:03d}",
        "host.zone": "涉密网",
        "host.classified": True,
        "host.level.state": "secret",
        "host.profile": "standalone",
        "ticket.matched": False,
    }
    base |= _facts_of(rule_id, at)
    event_ns = now_ns - 97 * SECOND * at
    return Alert(
        alert_id=hashlib.sha256(f"alert {rule_id} {at}".encode()).digest()[:16],
        case_id=hashlib.sha256(f"case {at}".encode()).digest()[:16],
        rule_id=rule_id,
        catalogue_id=catalogue_id,
        severity=severity,
        event_ns=event_ns,
        uncertainty_ns=400_000_000,
        raised_ns=event_ns + SECOND // 2,
        host_id=host_id(number),
        facts={**base, **facts},
        members=(100 + at, 101 + at),
    )


def _facts_of(rule_id: str, at: int) -> dict[str, object]:
    serial = f"4C5300012{at % 10000:04d}11710"
    medium: dict[str, object] = {
        "medium.vendor_name": "SanDisk",
        "medium.product_name": "Cruzer Blade",
        "medium.serial_number": serial,
        "medium.filesystem_id": "6A1F-09C2",
        "medium.filesystem_type": "vfat",
        "medium.size_bytes": 15_376_000_000,
        "medium.device_node": "/dev/sdb1",
        "medium.registered": False,
        "medium.key": f"{serial}/6A1F-09C2",
        "actor.user.name": f"结构岗{at % 40}",
        "actor.user.uid": 1000 + at % 40,
    }
    file: dict[str, object] = {
        "mark.text": "机密★5年",
        "mark.axis": "state",
        "mark.level": "secret",
        "mark.period": "P5Y",
        "mark.period_text": "5年",
        "mark.part": "document",
        "mark.zone": "top",
        "mark.page": 1,
        "inspection.inspected": "full",
        "inspection.type": "docx",
        "file.name": f"总体方案-{at}.docx",
        "file.path": f"/media/u{at % 40}/KINGSTON/总体方案-{at}.docx",
        "file.size": 48_213,
        "file.sha256": hashlib.sha256(str(at).encode()).hexdigest(),
        "source.path": f"/home/u{at % 40}/文档/总体方案-{at}.docx",
        "file.exceeds_medium": True,
        "actor.process.name": "cp",
        "actor.process.path": "/usr/bin/cp",
        "actor.process.pid": 4821,
        "actor.process.parent_name": "bash",
        "actor.process.cmd_line": f"cp 文档/总体方案-{at}.docx /media/u{at % 40}/KINGSTON/",
        "actor.process.captured": "held",
        "actor.session.seat": "seat0",
        "medium.mount_point": f"/media/u{at % 40}/KINGSTON",
    }
    return {
        "med-06": {**medium, **file},
        "med-01": medium,
        "dev-01": {
            "radio.technology": "wifi",
            "radio.name": "phy0",
            "radio.state": "up",
            "radio.previous_state": "absent",
            "device.driver": "mt76x2u",
        },
        "net-07": {
            "interface.name": "usb0",
            "interface.driver": "rndis_host",
            "interface.tethered": True,
            "link.state": "carrier",
        },
        "net-03": {"interface.name": "usb0", "route.gateway": "192.0.2.1", "route.state": "present"},
        "sys-05": {"silence.duration_s": 10_800, "silence.threshold_s": 600, "silence.stopped_cleanly": False},
    }[rule_id]


def many_alerts(count: int, *, now_ns: int = NOW_NS, seed: int = 7) -> list[Alert]:
    """A plausible mixture."""
    chance = random.Random(seed)
    kinds = chance.choices(list(_RULES), weights=(2, 6, 3, 1, 2, 8), k=count)
    return [make_alert(count - at, kind, now_ns=now_ns) for at, kind in enumerate(kinds)]


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
        code = f"CODE-{len(self.accounts.codes)}-{role}-{random.random()}"
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
