"""A rule that says little, and one that is gone, still give a whole page."""

from __future__ import annotations

from dataclasses import replace

from gapwatch_collector.console.texts import RuleText
from gapwatch_collector.model import Role
from support.console import ConsoleWorld
from support.console_alerts import FakeRules, make_alert
from support.console_client import ConsoleClient


class BareRules(FakeRules):
    def text(self, rule_id: str, language: str) -> RuleText | None:
        return RuleText("只有标题") if rule_id == "med-06" else None

    def sentence(self, rule_id: str, language: str, facts: object) -> str:
        return ""


class BareWorld(ConsoleWorld):
    def deps(self):
        return replace(super().deps(), rules=BareRules())


def test_a_page_without_clauses_says_so() -> None:
    world = BareWorld()
    world.alerts.add(make_alert(1), make_alert(2, "med-01"))
    with ConsoleClient(world) as client:
        client.sign_in(Role.SECRECY_ADMINISTRATOR)
        titled, gone = (client.get(f"/alerts/{alert.alert_id.hex()}") for alert in world.alerts.kept)
    assert "只有标题" in titled.text
    assert "规则库中已没有这条规则的条款" in titled.text
    assert "MED-01" in gone.text
    assert "medium.serial_number" in gone.text
