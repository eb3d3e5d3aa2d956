"""The story that the demo tells, played in a real browser against the real command."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

pytestmark = pytest.mark.browser

AFTERCARE = Path(sys.executable).with_name("aftercare")
HOT = "its hot and theres pus coming out"

DESKTOP, PHONE = (1440, 900), (390, 844)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `aftercare demo` answers. It is ended as Ctrl-C ends it, and must end well."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    here = tmp_path_factory.mktemp("demo")
    command = [str(AFTERCARE), "demo", "--port", str(port)]
    with subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        first_line = process.stdout.readline()  # written once it listens; empty if it ended
        try:
            assert f"http://127.0.0.1:{port}" in first_line, first_line + process.stdout.read()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=30)[0]
        assert (process.returncode, rest) == (0, "")


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Page]:
    """The simulator, freshly started over. A script error or a refused script or style fails the test."""
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if is_complaint(message) else None)
    page.goto(address)
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_text("Nobody is enrolled yet")).to_be_visible()
    yield page
    context.close()
    assert wrong == []


def is_complaint(message: ConsoleMessage) -> bool:
    return message.type == "error"


def turn_to(page: Page, tab: str) -> None:
    """Show this screen, where only one fits."""
    if page.viewport_size["width"] == PHONE[0]:
        page.locator(".tabs").get_by_text(tab).click()


def thread(page: Page, side: str) -> Locator:
    return page.locator(f'[data-phone="{side}"] [role=log]')


def jump_to(page: Page, day: str) -> None:
    """Press 'Next text' until the clock stands at this day."""
    for _ in range(4):
        with page.expect_response("**/simulator/clock"):
            page.get_by_role("button", name="Next text").click()
        expect(page.locator("[data-moves]")).to_have_attribute("aria-busy", "false")
        if day in page.locator(".clock").inner_text():
            return
    raise AssertionError(f"the clock never came to {day}")


def test_a_patient_with_a_danger_sign_learns_who_has_it_and_by_when(page: Page) -> None:
    page.get_by_role("button", name="Enrol Ann").click()
    expect(page.get_by_text("Ann is enrolled.")).to_be_visible()

    jump_to(page, "day 1")
    patient = thread(page, "patient")
    expect(patient.get_by_text("Reply 1 better, 2 same, 3 worse").last).to_be_visible()
    page.get_by_role("button", name="1", exact=True).click()
    expect(patient.get_by_text("good to hear")).to_be_visible()

    jump_to(page, "day 3")
    page.get_by_label("Text as Ann Lee").fill(HOT)
    page.keyboard.press("Enter")
    expect(patient.get_by_text("a nurse needs to look at this soon")).to_be_visible()
    expect(patient.get_by_text("read as urgent")).to_be_visible()
    expect(patient.get_by_text("a nurse's phone has been messaged")).to_be_visible()

    turn_to(page, "Nurse")
    nurse = thread(page, "nurse")
    expect(nurse.get_by_text(f'URGENT Ann L. day 3 face: "{HOT}"')).to_be_visible()
    page.get_by_label("Text as Dana Reyes").fill("a")
    page.keyboard.press("Enter")
    expect(nurse.get_by_text("Yours. Ann L. is told you will call by 10:30.")).to_be_visible()

    turn_to(page, "Patient")
    expect(patient.get_by_text("Dana has read your message and will call you by 10:30.")).to_be_visible()
    turn_to(page, "Clinic")
    expect(page.frame_locator("iframe").get_by_role("link", name="Ann Lee").first).to_be_visible()


def test_the_staff_screen_opens_signed_in_and_leads_to_the_enrolment_form(page: Page) -> None:
    turn_to(page, "Clinic")
    staff = page.frame_locator("iframe")
    expect(staff.get_by_text("No patient is waiting.")).to_be_visible()
    page.get_by_role("link", name="Enrol a patient").click()
    expect(staff.get_by_role("heading", name="Enrol a patient")).to_be_visible()


def test_a_patient_enrolled_with_the_clinics_form_has_a_phone_on_the_screen(page: Page) -> None:
    turn_to(page, "Clinic")
    page.get_by_role("link", name="Enrol a patient").click()
    staff = page.frame_locator("iframe")
    staff.locator("[name=phone]").fill("+1 202 555 0144")
    staff.locator("[name=name]").fill("Olga Petrov")
    staff.locator("[name=protocol]").select_option("mesotherapy_face")
    staff.locator("[name=areas][value=face]").check()
    staff.locator("[name=method]").select_option("paper")
    staff.locator("[name=consent]").check()
    staff.get_by_role("button", name="See what will be sent").click()
    staff.get_by_role("button", name="Enrol", exact=True).click()
    turn_to(page, "Patient")
    expect(page.get_by_text("Olga is enrolled.")).to_be_visible()


def test_what_is_typed_stays_while_the_page_keeps_itself_true(page: Page) -> None:
    page.get_by_role("button", name="Enrol Ann").click()
    box = page.get_by_label("Text as Ann Lee")
    box.fill("half a sen")
    with page.expect_response(lambda answer: "/simulator/live" in answer.url):
        pass
    expect(box).to_have_value("half a sen")
    expect(box).to_be_focused()


@pytest.mark.parametrize("page", [PHONE], ids=["phone"], indirect=True)
def test_what_happens_on_another_screen_shows_as_a_dot_on_its_tab(page: Page) -> None:
    page.get_by_role("button", name="Enrol Ann").click()
    page.get_by_label("Text as Ann Lee").fill(HOT)
    page.keyboard.press("Enter")
    dot = page.locator('[data-dot="nurse"]')
    expect(dot).to_be_visible()
    turn_to(page, "Nurse")
    expect(dot).to_be_hidden()


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.get_by_role("button", name="Enrol Ann").click()
    expect(page.get_by_text("Ann is enrolled.")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
