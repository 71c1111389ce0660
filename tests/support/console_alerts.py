"""Rules, machines and alerts as a working unit would have them (roles and machine numbers only)."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping

from gapwatch_collector.console.texts import ClauseText, RuleText
from gapwatch_collector.model import Alert, Host, HostState
from support.clock import FakeClock

SECOND = 1_000_000_000
NOW_NS = FakeClock().now_ns()

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
        ("终端 {host.name} 出现无线网卡 {name}", "Wi-Fi adapter {name} appeared on {host.name}"),
        ("technology", "state", "host.classified"),
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
            "终端 {host.name} 出现默认路由 {gateway}（{interface.name}）",
            "Default route {gateway} on {interface.name} of {host.name}",
        ),
        ("state", "host.profile"),
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
        "mark.zone": "first_page_top",
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
        "mount_point": f"/media/u{at % 40}/KINGSTON",
    }
    return {
        "med-06": {**medium, **file},
        "med-01": medium,
        "dev-01": {
            "technology": "wifi",
            "name": "phy0",
            "state": "up",
            "previous_state": "absent",
            "device.driver": "mt76x2u",
        },
        "net-07": {
            "interface.name": "usb0",
            "interface.driver": "rndis_host",
            "interface.tethered": True,
            "state": "carrier",
        },
        "net-03": {"interface.name": "usb0", "gateway": "192.0.2.1", "state": "present"},
        "sys-05": {"silence.duration_s": 10_800, "silence.threshold_s": 600, "silence.stopped_cleanly": False},
    }[rule_id]


def many_alerts(count: int, *, now_ns: int = NOW_NS, seed: int = 7) -> list[Alert]:
    """A plausible mixture."""
    chance = random.Random(seed)
    kinds = chance.choices(list(_RULES), weights=(2, 6, 3, 1, 2, 8), k=count)
    return [make_alert(count - at, kind, now_ns=now_ns) for at, kind in enumerate(kinds)]
