"""The application as a whole: errors in the reader's words, limits, the machine-readable description."""

from __future__ import annotations

import pytest

from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.model import Role


def test_an_unknown_address_is_answered_in_words(browser) -> None:
    answer = browser(Role.SECRECY_ADMINISTRATOR).get("/nowhere")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


def test_an_unknown_alert_is_not_found(browser) -> None:
    client = browser(Role.SECRECY_ADMINISTRATOR)
    for name in ("00" * 16, "zz", "..%2f..%2fetc", "0" * 500):
        assert client.get(f"/alerts/{name}").status_code == 404


def test_a_busy_store_is_said_so_and_nothing_is_half_shown(browser, world) -> None:
    client = browser(Role.SECRECY_ADMINISTRATOR)

    def busy(*_: object, **__: object) -> None:
        raise StoreBusyError("locked")

    world.alerts.alerts = busy
    answer = client.get("/alerts")
    assert answer.status_code == 503
    assert "存储暂时繁忙" in answer.text
    assert client.get("/api/alerts").json() == {"error": "busy", "status": 503}


def test_a_bug_shows_no_traceback(browser, world) -> None:
    client = browser(Role.SECRECY_ADMINISTRATOR, raise_app_exceptions=False)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    world.alerts.alerts = broken
    answer = client.get("/alerts")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


def test_a_large_body_is_refused(browser) -> None:
    client = browser(Role.SECRECY_ADMINISTRATOR)
    assert client.post("/sign-out", token="x" * 100_000).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_do_nothing(browser, method) -> None:
    assert browser(Role.SECRECY_ADMINISTRATOR).request(method, "/alerts").status_code in {404, 405}


def test_there_are_no_pages_of_the_framework(browser) -> None:
    client = browser(Role.SECRECY_ADMINISTRATOR)
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404


def test_health_says_only_that_it_lives(browser) -> None:
    answer = browser().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_assets_are_ours_to_serve_and_kept_when_addressed_by_hash(browser) -> None:
    client = browser()
    assert "immutable" in client.get("/static/console.css?v=1").headers["cache-control"]
    assert client.get("/static/console.css").headers["cache-control"] == "no-store"
    assert client.get("/static/../app.py").status_code == 404


def test_a_store_that_cannot_even_tell_who_asks_is_busy_and_no_bug(browser, world) -> None:
    client = browser(Role.SECRECY_ADMINISTRATOR)

    def busy(*_: object, **__: object) -> None:
        raise StoreBusyError("locked")

    world.accounts.session = busy
    answer = client.get("/alerts")
    assert answer.status_code == 503
    assert "存储暂时繁忙" in answer.text


@pytest.mark.parametrize("path", ["/alerts/", "/hosts/", "/sign-in/", "//evil.example/alerts/"])
def test_no_answer_is_built_from_the_host_header(browser, path) -> None:
    answer = browser(Role.SECRECY_ADMINISTRATOR).get(path, host="evil.example")
    assert answer.status_code == 404
    assert "location" not in answer.headers
