"""Languages, themes, sizes, hostile names: what the page looks like measured, not admired."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from gapwatch_collector.model import Role
from support.console_alerts import make_alert, many_alerts

pytestmark = pytest.mark.browser
OFFICER, AUDITOR = Role.SECRECY_ADMINISTRATOR, Role.SECURITY_AUDITOR
HOSTILE = '<script>document.title="owned"</script><img src=x onerror=alert(1)>"\'\n\x1b[31m\u202egpj.exe'
_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (color, under) => { canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92
    : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$|transparent/.test(c)) return c; } return '#fff'; };
  const poor = [];
  document.querySelectorAll('body *').forEach(e => {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) return;
    const under = ground(e), a = light(rgb(getComputedStyle(e).color, under)), b = light(rgb(under, '#fff'));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${e.className || e.tagName}: ${e.textContent.trim().slice(0, 20)} ${ratio.toFixed(1)}`);
  });
  return poor; }"""


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_both_languages_switch_in_place(open_page, world) -> None:
    world.alerts.add(*many_alerts(12, now_ns=world.clock.now_ns()))
    page = open_page(OFFICER, "/alerts?severity=5", locale="en-GB")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#rows tr").first).to_contain_text("Critical")
    page.get_by_role("link", name="中", exact=True).click()
    expect(page.locator("#rows tr").first).to_contain_text("紧急")
    assert page.url.endswith("/alerts?severity=5")
    page.locator("#rows a.open").first.click()
    expect(page.get_by_role("heading", name="依据条款")).to_be_visible()
    page.get_by_role("link", name="EN", exact=True).click()
    expect(page.get_by_role("heading", name="Clause", exact=True)).to_be_visible()
    assert "/alerts/" in page.url


@pytest.mark.parametrize("viewport", [(1366, 768), (1920, 1080), (683, 384)], ids=lambda size: f"{size[0]}")
def test_every_page_fits_and_can_be_read(open_page, world, viewport) -> None:
    """683 wide is 1366 at 200 % zoom. Text keeps a contrast of 4.5 in both themes."""
    world.add_hosts(20)
    world.alerts.add(*many_alerts(40, now_ns=world.clock.now_ns()))
    page = open_page(AUDITOR, "/alerts", viewport={"width": viewport[0], "height": viewport[1]})
    for language in ("zh", "en"):
        for path in ("/alerts", f"/alerts/{world.alerts.kept[-1].alert_id.hex()}", "/hosts", "/audit"):
            page.goto(f"/preference/language/{language}?back={path}")
            assert overflow(page) <= 0, (path, language)
            for scheme, ground in (("light", "rgb(244, 245, 247)"), ("dark", "rgb(14, 17, 22)")):
                page.emulate_media(color_scheme=scheme)
                expect(page.locator("body")).to_have_css("background-color", ground)
                assert page.evaluate(_CONTRAST) == [], (path, language, scheme)


def test_the_theme_can_be_chosen_against_the_system(open_page) -> None:
    page = open_page(OFFICER, "/alerts", color_scheme="light")
    page.get_by_label("深色").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(14, 17, 22)")


def test_hostile_names_do_nothing_and_can_be_seen(open_page, world) -> None:
    long_name = "长" * 200 + ".docx"
    facts = {"file.name": HOSTILE, "file.path": HOSTILE, "actor.process.cmd_line": HOSTILE, "source.path": long_name}
    world.alerts.add(make_alert(1, **facts), make_alert(2, **{"file.name": "x" * 200, "host.name": "机" * 200}))
    page = open_page(OFFICER)
    expect(page.locator("#live")).to_have_text("实时更新")
    world.alerts.add(make_alert(3, **facts))
    expect(page.locator("#rows tr")).to_have_count(3)
    for path in ("/alerts", *(f"/alerts/{alert.alert_id.hex()}" for alert in world.alerts.kept)):
        page.goto(path)
        assert "owned" not in page.title()
        assert page.locator("#main script, #main img").count() == 0
        assert overflow(page) <= 0
    body = page.locator("#main").inner_text()
    assert '<script>document.title="owned"</script>' in body
    assert "[LF][ESC][31m[U+202E]gpj.exe" in body
    assert long_name in body
    assert page.locator(".ctl").count() > 0


def test_the_frame_stands_in_one_line_with_the_classification_first(open_page, world) -> None:
    for language in ("zh-CN", "en-GB"):
        page = open_page(AUDITOR, "/alerts", locale=language)
        boxes = page.evaluate(
            "[...document.querySelector('.top').children].map(e => e.getBoundingClientRect().toJSON())"
        )
        assert boxes[0]["x"] <= 16
        assert page.locator(".top > :first-child").inner_text() == "机密"
        assert len({round(box["y"] + box["height"] / 2) // 8 for box in boxes if box["width"]}) == 1


def test_pages_work_without_script(open_page, world) -> None:
    world.alerts.add(*many_alerts(3))
    page = open_page(OFFICER, "/", java_script_enabled=False)
    page.locator("#rows a.open").first.click()
    page.locator("#reason").fill("核实")
    page.get_by_role("button", name="确认告警").click()
    expect(page.locator(".state-now")).to_have_text("已确认")
