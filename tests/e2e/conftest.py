"""One office, one workstation in a guest, one officer: made once for all end-to-end tests, which go in any order."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from secrecy_office import Officer, SecrecyOffice, port_of
from workstation import Workstation


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecrecyOffice]:
    office = SecrecyOffice(tmp_path_factory.mktemp("office"))
    office.open()
    yield office
    office.close()


@pytest.fixture(scope="session")
def workstation(office: SecrecyOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workstation]:
    stream, enrolment = port_of(office.addresses["ingest"]), port_of(office.addresses["enrolment"])
    with Workstation(tmp_path_factory.mktemp("staged"), stream, enrolment) as workstation:
        officer = threading.Thread(target=office.confirm_who_asks)
        officer.start()
        workstation.install(office.root_certificate(), office.token())
        officer.join()
        office.register("涉机-017", state="secret", enterprise="secret")
        yield workstation
        print(workstation.journal())


@pytest.fixture(scope="session")
def officer(office: SecrecyOffice, workstation: Workstation) -> Iterator[Officer]:
    with sync_playwright() as playwright:
        officer = Officer(playwright, office)
        officer.sign_in()
        yield officer
        officer.browser.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Screenshots are kept for people to look at."""
    folder = Path(__file__).parents[2] / ".cache" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
