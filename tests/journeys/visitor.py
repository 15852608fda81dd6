"""Somebody in front of a browser, who notices whatever is wrong with a page."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, Error, Locator, Page, expect

from .stage import Stage

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AT_HOME = {"latitude": 39.25, "longitude": 117.55, "accuracy": 15}  # grid P1 of the named world
PATIENCE = 20_000  # ms; a machine that is busy is no fault of the page
# With TONGXIN_SHOTS=FOLDER every page that is looked at is kept as a picture.
SHOTS = os.environ.get("TONGXIN_SHOTS")

# Pins may touch each other where places do. A bar that hovers over the page hides what one scrolls
# out from under it: axe sees it laid flat.
FIND = """async rules => {
  const flat = document.createElement('style')
  flat.textContent = '.actionbar, .bottom-tabs, .bulk-bar, .toasts, .offline, .dock, .meter, body > header, #toasts { position: static !important }'
  document.head.append(flat)
  const found = await axe.run({ exclude: ['.leaflet-marker-pane'] }, { runOnly: rules, resultTypes: ['violations'] })
  flat.remove()
  return found.violations.flatMap(one => one.nodes.map(node =>
    `${one.id}: ${node.html.slice(0, 160)} [${node.target}] ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? one.help}`))
}"""
CUT = """() => {
  const wide = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= wide) return []
  return [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > wide + 1 && !e.closest('.visually-hidden, .table-wrap, .leaflet-container'))
    .slice(0, 5).map(e => `wider than ${wide} px: ${e.outerHTML.slice(0, 120)}`)
}"""


# A colour on its way from one to another is not the colour of the page.
AT_REST = """() => !document.querySelector('[aria-busy=true], .htmx-swapping, .htmx-settling, .htmx-request')
  && document.getAnimations().every(a => a.playState !== 'running' || a.effect?.getComputedTiming().iterations === Infinity)"""
LOOKS = 4  # what is still on its way at the first look is gone at the next; what is wrong stays


class Visitor:
    """A browser of one person. Every page opened is checked by axe and for being cut off."""

    def __init__(self, browser: Browser, stage: Stage, user, *, width: int, **options) -> None:
        self.stage, self.user, self.width = stage, user, width
        self.problems: list[str] = []
        self.allowed: set[int] = set()  # answers of the server that this journey is about
        self.is_checking = True  # not on pages whose frame is not ours
        care = options.pop("care", False)
        height = 844 if width < 700 else 900
        defaults = {
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "service_workers": "block",
            "reduced_motion": "reduce",
            "geolocation": AT_HOME,
            "permissions": ["geolocation"],
            "has_touch": width < 700,
        }
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, **(defaults | options)
        )
        if user is not None:
            self.context.add_cookies(stage.cookies_of(user))
        if care:
            self.context.add_cookies([{"name": "care", "value": "1", "url": stage.url}])
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self._listen()

    def _listen(self) -> None:
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("console", self._hear)
        self.page.on("response", self._see)

    def _hear(self, message) -> None:
        """Scripts that fail and what the security policy forbids are errors of the console."""
        # What was not loaded is judged by the answer itself, if there was any.
        unloaded = ("Failed to load resource", "htmx:sendError", "htmx:afterRequest")
        if message.type == "error" and not message.text.startswith(unloaded):
            self.problems.append(f"console: {message.text}")

    def _see(self, response) -> None:
        if response.status >= 500 or response.status in {403, 404} - self.allowed:
            self.problems.append(f"{response.status} {response.url}")

    # Going about.

    def go(self, path: str) -> Page:
        """Open a page and look at it."""
        self.page.goto(self.stage.url + path)
        self.look()
        return self.page

    def press(self, name: str, *, within: Locator | None = None, exact: bool = True) -> None:
        """Press the button or follow the link of that name."""
        place = within or self.page
        found = place.get_by_role("button", name=name, exact=exact).or_(
            place.get_by_role("link", name=name, exact=exact)
        )
        found.first.click()

    def sees(self, words: str | re.Pattern) -> None:
        expect(self.page.locator("body")).to_contain_text(words, timeout=PATIENCE)

    def lands_on(self, part: str) -> None:
        """Wait for a page whose address contains `part`, and look at it."""
        self.page.wait_for_url(re.compile(re.escape(part)))
        self.look()

    # Noticing.

    def look(self) -> None:
        """Fail on anything that axe finds, on anything cut off at the right, on any error so far."""
        try:
            self._look()
        except Error as error:  # what was pressed just before has only now led to another page
            if "context was destroyed" not in str(error):
                raise
            self.page.wait_for_load_state()
            self._look()

    def _look(self) -> None:
        if self.is_checking:
            self.page.wait_for_selector("html.js", state="attached")
            self.page.wait_for_function(AT_REST)
        self._keep_picture()
        found = [f"server:\n{error}" for error in self.stage.errors] + self.problems
        if self.is_checking:
            found += self.faults()
        who = self.user.username if self.user else "nobody"
        listed = "\n  ".join(found)
        assert not found, f"{self.page.url} as {who} at {self.width} px:\n  {listed}"

    def faults(self) -> list[str]:
        """Return what axe finds on the page, and what is cut off at its right."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        for _ in range(LOOKS):
            faults = self.page.evaluate(FIND, RULES) + self.page.evaluate(CUT)
            if not faults:
                break
            self.page.wait_for_timeout(250)
            self.page.wait_for_function(AT_REST)
        return faults

    def _keep_picture(self) -> None:
        if not SHOTS:
            return
        path = re.sub(r"[0-9a-f-]{36}", "ID", self.page.url.removeprefix(self.stage.url))
        name = re.sub(r"[^\w?=]+", "_", path).strip("_")[:60] or "home"
        who = self.user.username if self.user else "nobody"
        file = Path(SHOTS) / f"{who}-{name}-{self.width}.png"
        self.page.screenshot(path=file, full_page=True)

    def leave(self) -> None:
        self.context.close()
        self.stage.errors.extend(self.problems)
