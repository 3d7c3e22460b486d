"""Looking after stations in a real browser: two clicks, a wrong word, a phone, the keyboard; without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.town import Town
from tests.browser.visitor import MODES, RULES, Visitor

pytestmark = pytest.mark.part("chromium")


def wrong_with(page: Page) -> list[str]:
    """In both schemes, on a desk and on a phone."""
    wrong = []
    for name, width, scheme in MODES:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wrong += [f"{name} {scheme}: {fault}" for fault in page.evaluate(RULES)]
    return wrong


def test_it_adds_a_station_with_a_double_click_and_reads_its_code(town: Town, visit: Callable[..., Visitor]) -> None:
    session = town.known["sessions"]["it"]
    page = visit(town.url, session=session, java_script_enabled=False).page
    page.goto("/administration/stations/add")
    page.get_by_label("Station").fill("no name")
    page.get_by_label("Label").fill("Back door")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot name a station")
    expect(page.get_by_label("Label")).to_have_value("Back door")
    page.get_by_label("Station").fill("back-1")
    page.get_by_role("button", name="Add it").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("The code of back-1")
    expect(page.locator("code.secret")).to_have_text(re.compile(r"([A-Z2-9]{5}-){3}[A-Z2-9]{5}"))
    page.get_by_role("link", name="Go on").click()
    changed = page.locator("ul.events", has_text="station added")
    expect(changed.locator("b", has_text="station added")).to_have_count(1)
    expect(changed.locator("b", has_text="code made")).to_have_count(1)


def test_a_station_is_revoked_after_its_name_was_typed(visitor: Callable[[str], Visitor]) -> None:
    somebody = visitor("it")
    page = somebody.page
    page.goto("/administration/stations/of/north-1")
    page.locator("summary", has_text="Revoke").click()
    page.get_by_label("Why").fill("The building was sold.")
    page.get_by_label("Type the station's name").fill("north")
    page.get_by_label("Type the station's name").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is not north-1")
    expect(page.get_by_label("Why")).to_have_value("The building was sold.")
    assert wrong_with(page) == []
    page.get_by_label("Type the station's name").fill("north-1")
    page.get_by_role("button", name="Revoke north-1").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing is accepted")
    assert all("422" in fault for fault in somebody.faults)


def test_a_file_is_checked_and_brought_in_and_its_codes_taken(visitor: Callable[[str], Visitor]) -> None:
    page = visitor("it").page
    page.goto("/administration/stations/file")

    def check(rows: str) -> None:
        file = {"name": "stations.csv", "mimeType": "text/csv", "buffer": rows.encode()}
        page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Check it").click()

    check("station_id,site\n/x,\n,y\n")
    expect(page.get_by_role("alert")).to_contain_text("2 things to mend in stations.csv")
    assert wrong_with(page) == []
    check("station_id,site\nannex-1,Annex\nannex-2,Annex\n")
    expect(page.get_by_text("2 stations: 2 would be added")).to_be_visible()
    assert wrong_with(page) == []
    with page.expect_download() as taken:
        page.get_by_role("button", name="take the codes as a file").click()
    assert taken.value.suggested_filename == "codes.csv"
    assert len(taken.value.path().read_text().splitlines()) == 3
    page.get_by_role("button", name="Bring it in, and show them").click()
    expect(page.locator("code.secret").first).to_be_visible()
    assert wrong_with(page) == []


def test_somebody_new_sets_his_password_by_his_link_and_the_log_does_not_have_it(
    town: Town, visit: Callable[..., Visitor]
) -> None:
    page = visit(town.url).page
    page.goto(town.known["link_to_use"])
    for label in ("New password", "The same again"):
        page.get_by_label(label).fill("bridge over calm water")
    page.get_by_role("button", name="Set it").click()
    page.get_by_label("Mail address").fill("invited@pd.example")
    page.get_by_label("Password").fill("bridge over calm water")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    paths = {str(entry.get("path")) for entry in town.log}
    assert "/password/…" in paths
    assert town.known["link_to_use"] not in repr(town.log)


def test_it_takes_an_export_and_finds_that_it_did(visitor: Callable[[str], Visitor]) -> None:
    somebody = visitor("it")
    page = somebody.page
    page.goto("/administration/exports/")
    with page.expect_download() as taken:
        page.get_by_role("button", name="shifts as CSV").click()
    assert taken.value.path().read_text().startswith("shift_id,")
    page.goto("/administration/changes/?what=exported")
    expect(page.get_by_role("row").filter(has_text="shifts")).to_contain_text("it@pd.example")
    page.goto("/administration/health/")
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_role("row").filter(has_text="base url")).to_be_visible()
    assert wrong_with(page) == []
    assert [one for one in somebody.faults if "exports/shifts.csv" not in one] == [], "a download is no page"
