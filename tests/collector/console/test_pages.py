"""Templates: nothing a reader sees is written into them, and nothing from outside reaches a page as it came."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import Markup

from gapwatch_collector.console import pages
from gapwatch_collector.console.guard import Visitor
from gapwatch_collector.console.words import LANGUAGES, catalogue
from gapwatch_collector.model import Role
from support.console_alerts import make_alert

TEMPLATES = sorted(Path(pages.__file__).parent.joinpath("templates").glob("*.html"))
SPOKEN_ATTRIBUTES = {"title", "placeholder", "aria-label", "alt", "label"}
# Not words: the product's name, the agent's command, signs.
ALLOWED = {"Gapwatch", "gapwatch-agent enrol", "?", "/", "×", "·", "→", "›", ",", "— "}
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)


class _Literals(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += [piece.strip() for piece in re.split(r"\s{2,}|\n", data)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_text_of_its_own(template) -> None:
    literals = _Literals()
    literals.feed(_JINJA.sub(" ", template.read_text()))
    words = [text for text in literals.found if re.search(r"[^\W\d_]", text)]
    assert set(words) <= ALLOWED


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style(template) -> None:
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|\|\s*safe\b", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_a_template_asks_for_exists(template, language) -> None:
    wanted = re.findall(r"\bt\('([a-z_.]+)'\s*[,)]", template.read_text())
    assert [key for key in wanted if key not in catalogue(language)] == []


def test_text_is_made_visible_wherever_it_stands() -> None:
    assert pages._finalize("a\u202eb") == "a[U+202E]b"
    assert pages._finalize(Markup("<b>\u3000")) == Markup("<b>\u3000")
    assert pages._finalize(7) == 7


HOSTILE = "<script>alert(1)</script>\"'&\n\u202e\x1b[31m\udc80" + "长" * 200


@pytest.mark.parametrize("path", ["/alerts?state=all", "detail", "/hosts", "/audit"])
def test_hostile_text_reaches_no_page_as_it_came(browser, world, path) -> None:
    facts = dict.fromkeys(make_alert(1).facts, HOSTILE)
    alert = make_alert(5000, **facts)
    world.alerts.add(alert)
    host = world.registers.hosts()[0]
    world.registers.put_host(_renamed(host), by=HOSTILE, now_ns=0)
    world.audit.act(1, by=HOSTILE, detail={HOSTILE: HOSTILE}, now_ns=0)
    client = browser(Role.SECURITY_AUDITOR)
    page = client.get(f"/alerts/{alert.alert_id.hex()}" if path == "detail" else path).text
    assert "alert(1)" in page
    for raw in ("<script>alert", "\u202e", "\x1b", "\udc80", "\"'&\n"):
        assert raw not in page


def _renamed(host):
    return replace(host, name=HOSTILE, unit=HOSTILE, responsible_person=HOSTILE, secrecy_number=HOSTILE)


def test_the_screen_says_its_own_classification_first(world) -> None:
    page = pages.Pages(world.deps()).page(Visitor("zh", "auto"), "refusal.html", key="other", status_code=400)
    body = page.body.decode()
    assert body.index('class="level"') < body.index('class="product"')
    assert "机密" in body
