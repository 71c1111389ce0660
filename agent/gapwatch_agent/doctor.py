"""``gapwatch-agent doctor``: what is watched on this machine, by what means, and what is missed where one is lacking.

It asks the kernel, not our processes, and sends no packet (C10). Each probe tries the very thing the sensor will use.
What no software can see (contract C13) is listed last, so that nobody reads a clean report as more than it is.
"""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.config import Config

KERNEL_MIN: Final = (5, 10)


@dataclass(frozen=True, slots=True)
class Finding:
    """One means of watching: whether it is in force here, by what mechanism, and what is missed without it."""

    subject: str
    in_force: bool
    mechanism: str
    missed_en: str = ""
    missed_zh: str = ""
    remedy: str = ""


_REMEDIES_ZH: Final = {
    "start systemd-udevd": "启动 systemd-udevd",
    "run as root (systemd units do)": "以 root 运行（systemd 单元即如此）",
    "run as root on a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS": (
        "以 root 运行，且内核启用 CONFIG_FANOTIFY_ACCESS_PERMISSIONS"
    ),
    "run as root": "以 root 运行",
    "boot with audit=1 and systemd-logind": "以 audit=1 启动并启用 systemd-logind",
    "run as root, with libseccomp2 installed": "以 root 运行，并安装 libseccomp2",
    "install libarchive13": "安装 libarchive13",
    "gapwatch-agent enrol --token-file FILE": "gapwatch-agent enrol --token-file 文件",
}

_MANUAL_EN: Final = (
    "photographs of the screen, hand copies, paper, emissions, power-only charging, booting another system"
)
_MANUAL_ZH: Final = "屏幕拍照、手工抄写、纸质文件、电磁泄漏、仅供电充电、以其他系统启动"

_HEADINGS: Final = {
    "en": ("subject", "in force", "mechanism", "missed without it", "needs a manual check, whatever stands above: "),
    "zh": ("对象", "生效", "机制", "缺失后看不到", "无论上表如何，以下各项需人工核查："),
}


_SUBJECTS_ZH: Final = {
    "kernel": "内核",
    "devices, media": "设备与介质",
    "files on media": "介质上的文件",
    "process and source of a copy": "拷贝的进程与来源",
    "guard at real-time priority": "应答进程的实时优先级",
    "links, addresses, routes": "链路、地址与路由",
    "radios": "无线设备",
    "the person behind a process": "进程背后的操作人",
    "the inspector's cage": "文档解析的隔离",
    "formats of documents": "可检查的文件格式",
    "room for the spool": "缓存空间",
    "enrolment": "入册",
}


def examine(config: Config) -> list[Finding]:
    """Probe everything. Raises nothing on purpose."""
    return [
        _kernel(),
        _devices(),
        _files(),
        _guard(),
        _realtime(),
        _network(),
        _radios(),
        _person(),
        _inspector(),
        _formats(),
        _state(config),
        _membership(config),
    ]


def _tried(action: Callable[[], object]) -> str:
    """'' when it works, else why not."""
    try:
        action()
    except (OSError, ImportError, AttributeError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


def _kernel() -> Finding:
    numbers = re.match(r"(\d+)\.(\d+)", platform.release())
    known = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    return Finding(
        "kernel",
        known >= KERNEL_MIN,
        f"Linux {platform.release()}",
        f"kernels before {KERNEL_MIN[0]}.{KERNEL_MIN[1]} lack the file events the sensors need",
        f"内核低于 {KERNEL_MIN[0]}.{KERNEL_MIN[1]}，缺少传感器所需的文件事件",
    )


def _devices() -> Finding:
    running = Path("/run/udev/control").exists()
    return Finding(
        "devices, media",
        running,
        "udev" if running else "kernel events without udev",
        "names and file system ids of media; devices are seen by number only",
        "介质的名称与文件系统标识；只能看到设备编号",
        "start systemd-udevd",
    )


def _fanotify(flags_name: str) -> str:
    from gapwatch_agent.kernel import fanotify

    def probe() -> None:
        os.close(fanotify.init(getattr(fanotify, flags_name) | fanotify.CLOEXEC))

    return _tried(probe)


def _files() -> Finding:
    lacking = _fanotify("CLASS_NOTIF")
    return Finding(
        "files on media",
        not lacking,
        f"watchdog (inotify): fanotify says {lacking}" if lacking else "fanotify",
        "who wrote a file and with which program; files of a burst (inotify lost 88 % of 50,000)",
        "写入者与所用程序；大批量写入时的部分文件",
        "run as root (systemd units do)",
    )


def _guard() -> Finding:
    lacking = _fanotify("CLASS_CONTENT")
    return Finding(
        "process and source of a copy",
        not lacking,
        f"asked after the fact: {lacking}" if lacking else "permission events, the process is held while it is read",
        "short-lived processes (half of them are gone when asked afterwards) and the file a copy came from",
        "短暂进程（事后询问时半数已消失）及拷贝的来源文件",
        "run as root on a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS",
    )


def _realtime() -> Finding:
    def probe() -> None:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    lacking = _tried(probe)
    return Finding(
        "guard at real-time priority",
        not lacking,
        f"ordinary priority: {lacking}" if lacking else "SCHED_FIFO",
        "a copy that races past the mark on a busy machine (19 of 60 in a measured case)",
        "繁忙时抢在标记之前完成的拷贝",
        "run as root",
    )


def _network() -> Finding:
    def probe() -> None:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE).close()

    lacking = _tried(probe)
    return Finding(
        "links, addresses, routes",
        not lacking,
        lacking or "rtnetlink",
        "cables, adapters and routes that appear",
        "网线、网卡与路由的出现",
    )


def _radios() -> Finding:
    seen = Path("/sys/class").is_dir()
    switch = os.access("/dev/rfkill", os.R_OK)
    return Finding(
        "radios",
        seen,
        "sysfs and rfkill" if switch else "sysfs (no rfkill here)",
        "Wi-Fi and Bluetooth adapters",
        "无线网卡与蓝牙适配器",
    )


def _person() -> Finding:
    login_uid = Path("/proc/self/loginuid").exists()
    logind = Path("/run/systemd/sessions").is_dir()
    return Finding(
        "the person behind a process",
        login_uid and logind,
        ", ".join(name for name, there in (("audit login uid", login_uid), ("logind", logind)) if there) or "uid only",
        "who logged in, once they changed user; which seat they sit at",
        "切换用户后的真实登录人及其座位",
        "boot with audit=1 and systemd-logind",
    )


def _inspector() -> Finding:
    """Asked of a child that puts the walls up, as the inspector's children do."""
    from gapwatch_agent.inspector import cage, child
    from gapwatch_agent.inspector.limits import Limits

    layers: tuple[cage.Layer, ...] = ()

    def probe() -> None:
        nonlocal layers
        layers = child.layers(child.Nursery(Limits()))

    failed = _tried(probe)
    lacking = ", ".join(layer.name for layer in layers if not layer.in_force)
    return Finding(
        "the inspector's cage",
        not failed and not lacking,
        f"without {lacking}" if lacking else failed or "seccomp, landlock, namespaces, resource limits, another user",
        "a document that takes over its reader would meet these walls less",
        "若文档攻破解析器，将少这几道隔离",
        "run as root, with libseccomp2 installed",
    )


def _formats() -> Finding:
    """Pictures need an extra that few machines should carry, so its absence is no fault."""
    from gapwatch_agent.inspector import ocr
    from gapwatch_agent.inspector.readers import libarchive

    pictures = "pictures by OCR" if ocr.available() else "pictures without OCR: only the words beside the pixels"
    return Finding(
        "formats of documents",
        libarchive.AVAILABLE,
        f"text, office, pdf, mail, zip, tar; {pictures}",
        "the contents of 7z, rar, iso, cab and zstd: such files are reported as unsupported",
        "7z、rar、iso、cab、zstd 文件内的内容：此类文件报告为格式不支持",
        "install libarchive13",
    )


def _state(config: Config) -> Finding:
    folder = config.paths.state
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free_mb = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize // (1024 * 1024)
    needed_mb = (config.spool.bytes_max + config.spool.reserve_bytes) // (1024 * 1024)
    return Finding(
        "room for the spool",
        free_mb >= needed_mb,
        f"{free_mb} MiB free under {folder}, {needed_mb} MiB may be needed",
        "events while the collector is away, least severe first, each loss recorded",
        "采集端不可达期间的事件（先舍最轻者，且记录缺口）",
    )


def _membership(config: Config) -> Finding:
    identity = config.paths.state / "link" / "identity"
    try:
        enrolled = any(identity.iterdir()) and config.collector.root_certificate.exists()
        mechanism = "certificate present" if enrolled else "no certificate"
    except FileNotFoundError:
        enrolled, mechanism = False, "no certificate"
    except PermissionError:
        enrolled, mechanism = True, "kept by the link user (ask as root to look)"
    return Finding(
        "enrolment",
        enrolled,
        mechanism,
        "everything, for the collector: events are only kept here",
        "采集端看不到本机的任何事件，事件仅保存在本机",
        "gapwatch-agent enrol --token-file FILE",
    )


def language(environment: Mapping[str, str]) -> str:
    """``zh`` or ``en`` from the usual variables."""
    chosen = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "zh" if chosen.startswith("zh") else "en"


def as_json(report: Sequence[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in report], ensure_ascii=False, indent=1)


def as_table(report: Sequence[Finding], lang: str) -> str:
    """A table for people, with what is missed and the remedy only where something is."""
    subject, in_force, mechanism, missed, manual = _HEADINGS[lang]
    lines = [f"{_padded(subject, 30)}{_padded(in_force, 10)}{mechanism}"]
    for finding in report:
        mark = "✓" if finding.in_force else "✗"
        name = _SUBJECTS_ZH.get(finding.subject, finding.subject) if lang == "zh" else finding.subject
        lines.append(f"{_padded(name, 30)}{_padded(mark, 10)}{finding.mechanism}")
        if not finding.in_force:
            what = finding.missed_zh if lang == "zh" else finding.missed_en
            remedy = _REMEDIES_ZH.get(finding.remedy, finding.remedy) if lang == "zh" else finding.remedy
            lines.append(f"{'':30}{missed}: {what}{f' → {remedy}' if remedy else ''}")
    lines.append(manual + (_MANUAL_ZH if lang == "zh" else _MANUAL_EN))
    return "\n".join(lines)


def _padded(text: str, width: int) -> str:
    """Pad to a width on the screen, where Chinese characters take two columns."""
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(1, width - taken)
