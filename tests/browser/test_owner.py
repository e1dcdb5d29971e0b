"""What an owner keeps of a clinic: people, words, keys, charts, passwords, broken glasses."""

from base64 import b64encode

import pytest

from tests.api.pictures import picture
from tests.browser.person import PASSWORD, Open, Person, another_workspace, fit, unforced
from tests.browser.visit import by_id
from tests.harness.server import OURS, RunningServer

pytestmark = pytest.mark.skipif(not OURS, reason="of our own pages")

PSEUDO = "ar-XB"  # long texts with accents, from right to left


def test_an_owner_keeps_the_clinic_s_things(clinic: RunningServer, person: Open) -> None:
    vera = person(another_workspace(clinic, "west"), PSEUDO)
    vera.set_up("Vera")
    vera.press("nav-staff")
    vera.press("invite-staff")
    vera.fill("name-input", "Dora")
    vera.fill("email-input", "dora@north.example")
    vera.press("submit-button")
    dora = person(vera.text("link-url"), "fr")
    vera.press("link-close")
    restrict_rita(vera)
    keep_a_file(vera)
    dora.set_up("Dora")
    break_glass(dora)

    vera.press("nav-clinic")
    vera.sees("Rita Rowan", "glass")
    vera.fill("auditDays-input", "12")
    vera.press("submit-button")
    vera.until(f"{by_id('auditDays-input')}.matches('[aria-invalid=true]')")
    vera.fill("auditDays-input", "2557")
    vera.press("submit-button")
    fit(vera)
    vera.press("add-key")
    vera.fill("name-input", "EHR")
    vera.press("staff.read-input")
    fit(vera)
    vera.press("submit-button", dialog=True)
    assert vera.text("link-url").startswith("hck_")
    vera.press("link-close")
    vera.press("revoke-key")
    vera.press("confirm-yes")
    vera.until("document.querySelector('[data-testid=key][data-state=revoked]')")
    assert vera.read(f"{by_id('auditDays-input')}.value") == "2557"
    ask_anew(vera)
    enters_a_carrier(vera)
    signs_out_from_anywhere(vera)
    change_password(vera)
    unforced(vera, dora)


def ask_anew(vera: Person) -> None:
    """For consent, by a text of the clinic's own: written, read, published."""
    version = "document.querySelector('[data-testid=policy-version][data-state=in-force]')"
    vera.until(f"{version}?.dataset.version === '0'")
    vera.press("new-policy")
    vera.until(f"{by_id('es-input')}?.value.includes('videollamada')")
    vera.fill("en-input", "We record what you say.\n\nYou may say no.")
    vera.fill("fr-input", "")
    fit(vera)
    vera.press("submit-button", dialog=True)
    vera.until("document.querySelectorAll('dialog[open] .policy').length === 2")
    vera.until("document.querySelector('dialog[open] .policy[lang=en]').children.length === 2")
    fit(vera)
    vera.press("policy-back", dialog=True)
    vera.until(f"{by_id('en-input')}?.value.startsWith('We record')")
    vera.press("submit-button", dialog=True)
    vera.until(by_id("policy-back"))
    vera.press("submit-button", dialog=True)
    vera.until(f"{version}?.dataset.version === '1'")
    vera.read(f"({version}.querySelector('details').open = true)")
    vera.sees("You may say no.", "policy-version")
    fit(vera)


def enters_a_carrier(vera: Person) -> None:
    """Of text messages, of the clinic's own; and none any more."""
    vera.press("nav-messages")
    vera.until(by_id("no-carrier"))
    vera.press("own-carrier")
    vera.choose("provider-input", "vonage")
    vera.until(by_id("privateKey-input"))
    fit(vera)
    vera.choose("provider-input", "twilio")
    vera.fill("account-input", "AC1")
    vera.fill("sender-input", "+15005550006")
    vera.fill("secret-input", "short")
    vera.press("submit-button", dialog=True)
    vera.until(f"{by_id('secret-input')}.matches('[aria-invalid=true]')")
    vera.fill("secret-input", "0123456789abcdef0123")
    vera.press("submit-button", dialog=True)
    carrier = "document.querySelector('[data-testid=carrier][data-own=true]')"
    vera.until(f"{carrier}?.dataset.provider === 'twilio'")
    vera.sees("+15005550006", "carrier")
    fit(vera)
    vera.press("own-carrier")
    vera.until(f"{by_id('account-input')}?.value === 'AC1'")
    assert vera.read(f"{by_id('secret-input')}.value") == ""
    vera.press("cancel-button", dialog=True)
    vera.press("forget-carrier")
    vera.press("confirm-yes")
    vera.until(by_id("no-carrier"))


def change_password(vera: Person) -> None:
    """And out of every browser."""
    vera.press("nav-staff")
    vera.until("document.querySelector('[data-testid=session][data-state=current]')")
    vera.press("change-password")
    fit(vera)
    for name, kept in (("current", "current-password"), ("password", "new-password")):
        hides_and_takes_pasted(vera, name, kept)
    vera.fill("current-input", PASSWORD)
    vera.fill("code-input", vera.code(1))
    vera.fill("password-input", "a bicycle, two lamps and a river")
    vera.press("submit-button", dialog=True)
    vera.until("!document.querySelector('dialog[open]')")
    vera.press("sign-out-everywhere")
    vera.press("confirm-yes")
    vera.until(by_id("reason"))


def hides_and_takes_pasted(vera: Person, name: str, kept: str) -> None:
    """A field for a password, that programs which keep them know (ASVS 6.2.6, 6.2.7)."""
    field = by_id(f"{name}-input")
    assert vera.read(f"[{field}.type, {field}.autocomplete]") == ["password", kept]
    paste = "new ClipboardEvent('paste', { bubbles: true, cancelable: true })"
    assert vera.read(f"{field}.dispatchEvent({paste})") is True


def signs_out_from_anywhere(vera: Person) -> None:
    """As ASVS 7.4.4 asks for."""
    for page in ("day", "patients", "staff", "clinic"):
        vera.press(f"nav-{page}")
        vera.until(f"{by_id(f'nav-{page}')}.ariaCurrent === 'page'")
        vera.until(f"{by_id('sign-out-button')}.checkVisibility()")


def restrict_rita(vera: Person) -> None:
    vera.press("nav-patients")
    vera.press("add-patient")
    vera.fill("name-input", "Rita Rowan")
    vera.fill("birthDate-input", "1951-07-12")
    vera.press("restricted-input")
    vera.press("submit-button")
    vera.press("patient-team", "Rita Rowan")
    vera.until("document.querySelectorAll('[data-testid=team-member]').length === 1")
    fit(vera)
    vera.press("team-close")


def keep_a_file(vera: Person) -> None:
    """In the chart, which comes with the first look at one."""
    vera.press("patient-chart", "Rita Rowan")
    vera.until(by_id("file-input"))
    vera.tab.evaluate(
        """(testid, content) => {
          const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const chosen = new DataTransfer();
          chosen.items.add(new File([bytes], 'knee.png', { type: 'image/png' }));
          const field = document.querySelector(`[data-testid="${testid}"]`);
          field.files = chosen.files;
          field.dispatchEvent(new Event('change', { bubbles: true }));
          return '';
        }""",
        "file-input",
        b64encode(picture("PNG")).decode(),
    )
    vera.sees("knee.png", "file")
    fit(vera)
    vera.tab.evaluate(
        f"""() => {{
          fetch({by_id("file-download")}.href)
            .then((answer) => (window.got = answer.headers.get('content-disposition')));
          return '';
        }}"""
    )
    vera.until("window.got?.endsWith(\"''knee.png\")")
    vera.press("file-delete", "knee.png")
    vera.press("confirm-yes")
    vera.until(f"!{by_id('file')}")
    vera.press("chart-close")


def break_glass(dora: Person) -> None:
    """By who can say exactly who it is, and why."""
    dora.press("nav-patients")
    dora.until(by_id("empty"))
    dora.press("break-glass")
    fit(dora)
    dora.fill("name-input", "Rita")
    dora.fill("birthDate-input", "1951-07-12")
    dora.fill("reason-input", "collapsed in the waiting room")
    dora.press("submit-button")
    dora.until(by_id("error-message"))
    dora.fill("name-input", "rita rowan")
    dora.press("submit-button")
    dora.sees("Rita Rowan", "glass-opened")
    dora.until(by_id("patient"))
    fit(dora)
    dora.tab.evaluate(
        f"""() => {{
          const menu = {by_id("language-select")};
          menu.value = 'es';
          menu.dispatchEvent(new Event('change'));
          return '';
        }}"""
    )
    dora.sees("Acceso de urgencia", "break-glass")
