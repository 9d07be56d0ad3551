"""The people of a browser test: what a person sees and does, in the person's words."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.factories import PASSWORD

PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1440, "height": 900}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check_accessible(page: Page, what: str) -> None:
    """No axe-core violation on the page as it stands."""
    found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    told = [f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}" for each in found]
    assert not told, f"{what}:\n" + "\n".join(told)


class Person:
    size = LAPTOP

    def __init__(self, browser: Browser, site: str, **options):
        self.site = site
        self.context: BrowserContext = browser.new_context(
            viewport=self.size,
            locale="fr-FR",
            reduced_motion="reduce",  # axe would measure half-faded colours
            **options,
        )
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note_console)
        self.page.set_default_timeout(10_000)

    def _note_console(self, message) -> None:
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.errors.append(message.text)

    def accessible(self, what: str) -> None:
        check_accessible(self.page, what)


class Supervisor(Person):
    size = PHONE

    def log_in(self, email: str) -> None:
        self.page.goto(f"{self.site}/compte/login/")
        self.accessible("login")
        self.page.locator("[name=login]").fill(email)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.locator("[name=password]").press("Enter")
        expect(self.page).not_to_have_url(f"{self.site}/compte/login/")

    def enter(self, number: str, code: str) -> None:
        self.page.goto(f"{self.site}/surveillance/")
        self.accessible("entry")
        self.page.locator("[name=session_number]").fill(number)
        self.page.locator("[name=supervisor_code]").fill(code)
        self.page.get_by_role("button", name="Ouvrir la salle").click()
        expect(self.page.locator("#pulse")).to_have_attribute("data-live", "on")

    def row(self, candidate):
        return self.page.locator(f"li[data-candidate='{candidate.pk}']")

    def act(self, candidate, label: str) -> None:
        """The row's one likely button."""
        self.row(candidate).get_by_role("button", name=label).click()

    def open_sheet(self, candidate) -> None:
        self.row(candidate).get_by_role("button", name="Toutes les actions").click()
        expect(self.page.locator("#sheet")).to_be_visible()

    def sheet(self):
        return self.page.locator("#sheet")


class Candidate(Person):
    def join(self, session, candidate, *, last_name: str | None = None) -> None:
        page = self.page
        page.goto(f"{self.site}/candidat/")
        self.accessible("join")
        page.locator("[name=session_number]").fill(session.number)
        page.locator("[name=last_name]").fill(last_name or candidate.birth_name)
        page.locator("[name=first_name]").fill(candidate.first_name)
        page.locator("[name=birthdate]").fill(candidate.birthdate.strftime("%d/%m/%Y"))
        page.locator("[name=access_code]").fill(session.access_code.lower())
        page.get_by_role("button", name="Rejoindre").click()

    def expect_stage(self, stage: str, timeout: int = 10_000) -> None:
        expect(self.page.locator(f"[data-stage={stage}]")).to_be_visible(timeout=timeout)

    def answer(self) -> None:
        """Any answer to the question shown."""
        page = self.page
        before = page.locator("#question-form input[name=question]").input_value()
        option = page.locator(".option input[name=answer]").first
        if option.count():
            option.check()
        else:
            page.locator("#answer").fill("une réponse")
        page.get_by_role("button", name="Valider et continuer").click()
        expect(
            page.locator(f"#question-form input[name=question][value='{before}']")
        ).to_have_count(0)
