"""From a stick in a real machine to an alert on the officer's page: each of the first rules, by its real cause."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from secrecy_office import Officer, SecrecyOffice
from workstation import Workstation

pytestmark = [pytest.mark.guest, pytest.mark.browser, pytest.mark.timeout(600)]


def marked_document() -> bytes:
    document = docx.Document()
    document.add_paragraph("机密★5年")
    document.add_heading("关于设备检修的通知", level=1)
    document.add_paragraph("各单位：请按要求开展检修工作。")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_a_marked_document_copied_to_a_stick(
    office: SecrecyOffice, workstation: Workstation, officer: Officer, pictures: Path
) -> None:
    serial = "4C530001230101117393"
    workstation.vm.put("/home/worker/检修通知.docx", marked_document())
    with workstation.stick(serial) as medium:
        target = f"{medium}/检修通知.docx"
        workstation.as_worker(f"cp /home/worker/检修通知.docx {medium}/")
        hash_in_guest = workstation.run(f"sha256sum {target}").out.split()[0]

    alert = officer.alert("MED-06", lambda facts: facts.get("file.path") == target)
    text = officer.open_detail(alert, pictures / "guest-med-06-zh.png")
    facts = alert["facts"]

    assert facts["host.name"] == "涉机-017"
    assert facts["actor.user.name"] == "worker"
    assert facts["actor.process.name"] == "cp"
    assert facts["actor.process.captured"] == "held"
    assert facts["actor.process.cmd_line"] == f"cp /home/worker/检修通知.docx {medium}/"
    assert facts["source.path"] == "/home/worker/检修通知.docx"
    assert facts["file.sha256"] == hash_in_guest
    assert facts["medium.serial_number"] == serial
    assert facts["medium.filesystem_type"] == "vfat"
    assert facts["mark.text"] == "机密★5年"
    assert (facts["mark.axis"], facts["mark.level"], facts["mark.period"]) == ("state", "secret", "P5Y")
    for shown in (
        "涉机-017", "worker", "cp /home/worker/检修通知.docx", target, serial, "QEMU",
        str(facts["medium.filesystem_id"]), hash_in_guest, "机密★5年", "MED-06", "不能降低密级使用",
    ):  # fmt: skip
        assert shown in text, shown

    copied = officer.alert("FIL-17", lambda facts: facts.get("file.sha256") == hash_in_guest)
    assert copied["case_id"] == alert["case_id"], "the alerts of one act are one case"
    (unregistered,) = {
        a["alert_id"] for a in officer.alerts()
        if a["catalogue_id"] == "MED-01" and a["facts"].get("medium.serial_number") == serial
    }  # fmt: skip
    assert unregistered


def test_an_unregistered_stick_with_its_own_identity(
    workstation: Workstation, officer: Officer, pictures: Path
) -> None:
    with workstation.gadget("0951", "1666", "Kingston", "DataTraveler 3.0", "E0D55EA573F4"):
        alert = officer.alert("MED-01", lambda facts: facts.get("medium.serial_number") == "E0D55EA573F4")
    facts = alert["facts"]
    assert facts["medium.vendor_name"] == "Kingston"
    assert facts["medium.product_name"] == "DataTraveler 3.0"
    assert (facts["medium.vendor_id"], facts["medium.product_id"]) == ("0951", "1666")
    text = officer.open_detail(alert, pictures / "guest-med-01-zh.png")
    assert "Kingston" in text
    assert "E0D55EA573F4" in text


def test_a_stick_without_a_serial(workstation: Workstation, officer: Officer) -> None:
    with workstation.gadget("1234", "5678", "NoName", "Flash Disk", "", "/run/nameless.img"):
        alert = officer.alert("MED-01", lambda facts: facts.get("medium.product_name") == "Flash Disk")
    assert alert["facts"].get("medium.serial_number", "") == ""
    assert alert["facts"]["medium.serial_missing"] is True


def test_wifi_appears_and_comes_up(workstation: Workstation, officer: Officer, pictures: Path) -> None:
    workstation.run("modprobe mac80211_hwsim radios=1", timeout=120)
    present = officer.alert("DEV-01", lambda facts: facts.get("technology") == "wifi")
    assert present["severity"] == 4
    workstation.wait("ip link show wlan0 && ip link set wlan0 up")
    up = officer.alert("DEV-01", lambda facts: facts.get("state") in {"up", "associated"})
    assert up["severity"] == 5
    officer.open_detail(up, pictures / "guest-dev-01-zh.png")


def test_bluetooth_appears(workstation: Workstation, officer: Officer) -> None:
    workstation.run("modprobe hci_vhci", timeout=120)
    workstation.vm.spawn("btvirt", "exec btvirt -l1")
    alert = officer.alert("DEV-02", lambda facts: facts.get("technology") == "bluetooth")
    assert alert["facts"]["name"].startswith("hci")


def test_a_usb_network_adapter_with_a_default_route(workstation: Workstation, officer: Officer) -> None:
    workstation.vm.qmp("netdev_add", type="user", id="tether-net", restrict=True, ipv6=False)
    workstation.vm.usb_add("tether", "usb-net", netdev="tether-net")
    workstation.wait("ls -d /sys/bus/usb/devices/*/net/*")
    # udev may rename it at any moment.
    mac = workstation.run("cat /sys/bus/usb/devices/*/net/*/address | head -1").out.strip()
    tethering = officer.alert("NET-07", lambda facts: facts.get("interface.mac") == mac, deadline_s=120)
    assert tethering["facts"]["interface.driver"] in {"cdc_ether", "rndis_host", "cdc_subset"}
    name = workstation.run(f"basename $(dirname $(grep -l {mac} /sys/class/net/*/address))").out.strip()
    workstation.run(f"ip link set {name} up && ip addr add 192.0.2.2/24 dev {name}")
    workstation.run(f"ip route add default via 192.0.2.1 dev {name} metric 50")
    # The network itself may announce a router too.
    wanted = {"interface.mac": mac, "gateway": "192.0.2.1"}
    officer.alert("NET-03", lambda facts: {name: facts.get(name) for name in wanted} == wanted)
    workstation.vm.usb_del("tether")


def test_an_agent_that_was_killed_and_stays_silent(workstation: Workstation, officer: Officer, pictures: Path) -> None:
    workstation.run("systemctl kill -s KILL gapwatch-link; systemctl stop gapwatch-link")
    silent = officer.alert("SYS-05", deadline_s=120)
    assert silent["facts"]["host.name"] == "涉机-017"
    officer.open_detail(silent, pictures / "guest-sys-05-zh.png")
    workstation.run("systemctl start gapwatch-link", timeout=120)


@pytest.mark.parametrize("process", ["guard", "watch", "inspector", "link"])
def test_a_killed_process_comes_back_and_loses_nothing(
    process: str, workstation: Workstation, officer: Officer
) -> None:
    workstation.run(f"systemctl kill -s KILL gapwatch-{process}")
    serial = f"AFTERKILL{process.upper()}"
    workstation.vm.put(f"/home/worker/{process}.docx", marked_document())
    with workstation.stick(serial) as medium:
        target = f"{medium}/{process}.docx"
        workstation.as_worker(f"cp /home/worker/{process}.docx {medium}/")
        alert = officer.alert("MED-06", lambda facts: facts.get("file.path") == target, deadline_s=150)
    assert alert["facts"]["medium.serial_number"] == serial
    workstation.wait(f"systemctl is-active gapwatch-{process}", timeout=60)


def test_the_live_page_shows_the_alerts(officer: Officer, workstation: Workstation, pictures: Path) -> None:
    officer.page.goto(f"{officer.base}/")
    officer.page.wait_for_selector("#queue")
    with workstation.gadget("0781", "5567", "SanDisk", "Cruzer Blade", "LIVE0001", "/run/live.img"):
        officer.page.wait_for_selector("tr:has-text('LIVE0001')", timeout=90_000)
    officer.page.screenshot(path=str(pictures / "guest-queue-zh.png"))


def test_everything_stands_in_a_log_that_verifies(office: SecrecyOffice, workstation: Workstation) -> None:
    report = office.command("verify")
    assert report["faults"] == []
    assert report["entries"] == report["tree_size"] > 10  # tests go in any order: this may be the first
    assert report["batch_signatures"] >= 1
