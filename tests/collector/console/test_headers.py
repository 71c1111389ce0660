"""What every response carries."""

from __future__ import annotations

import pytest

from gapwatch_collector.model import Role


@pytest.mark.parametrize("path", ["/sign-in", "/alerts", "/nowhere", "/api/alerts", "/static/console.css"])
def test_every_response_is_locked_down(browser, path) -> None:
    headers = browser(Role.SECRECY_ADMINISTRATOR).get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_pages_are_not_kept(browser) -> None:
    assert browser(Role.SECRECY_ADMINISTRATOR).get("/alerts").headers["cache-control"] == "no-store"
    assert browser().get("/static/none.css?v=1").headers["cache-control"] == "no-store"
