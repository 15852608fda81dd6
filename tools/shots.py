"""Pictures of every main page of a running demo, to be looked at before a change is called done.

    python -m tools.shots http://127.0.0.1:8000 [--only desk] [--docs]

Each page at 390 and at 1440 px, in both sizes of type, into build/shots/; with --docs only the few
of the user guide, made light, into docs/images/. Needs Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright
from rich.console import Console
from rich.progress import track

ROOT = Path(__file__).parent.parent
SHOTS = ROOT / "build" / "shots"
IMAGES = ROOT / "docs" / "images"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --disable-quic"
)
PHONE, DESK = 390, 1440
HEIGHTS = {PHONE: 844, DESK: 900}
COLOURS = 128
LARGEST = 200_000


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it: `go` leads from `path` to what is shown."""

    name: str
    who: str  # a user of the demo; "" is nobody signed in
    path: str
    go: Callable[[Page], None] = lambda page: None


def follow(selector: str, nth: int = 0) -> Callable[[Page], None]:
    """Return a step that opens one of the links there are."""

    def go(page: Page) -> None:
        target = page.locator(selector).nth(nth).get_attribute("href", timeout=3000)
        page.goto("/".join(page.url.split("/")[:3]) + target)

    return go


def fill_in(page: Page) -> None:
    page.fill("[name=text]", "8 号楼 2 单元的楼道灯坏了三天，晚上老人上下楼看不见")
    page.wait_for_timeout(1500)


def choose_order(page: Page) -> None:
    """Open an order beside the list at a desk, or as a page of its own on a phone."""
    page.locator("[data-row] a").first.click(timeout=3000)
    page.wait_for_timeout(1200)


def choose_order_with_candidates(page: Page) -> None:
    """Open the order for which most people are proposed (not everything is for volunteers)."""
    site, most = "/".join(page.url.split("/")[:3]), (-1, "")
    links = [
        a.get_attribute("href") for a in page.locator("[data-row] h3 a, [data-row] h2 a").all()
    ]
    for link in links[:8]:
        page.goto(site + link)
        most = max(most, (page.locator(".candidates li").count(), link))
    page.goto(site + most[1])
    page.locator(".candidates").first.scroll_into_view_if_needed(timeout=3000)


def show_photos(page: Page) -> None:
    page.locator("article:has(figure img)").first.evaluate("row => row.scrollIntoView()")
    page.mouse.wheel(0, -140)


def fill_in_whistle(page: Page) -> None:
    page.fill("[name=title]", "东河边夜里倾倒垃圾")
    page.fill("[name=text]", "连续三晚有货车倾倒建筑垃圾，堵住了沿河步道。")
    for box in page.locator("[name=departments]").all()[2:5]:
        box.check()


def begin_duty(page: Page) -> None:
    """Agree to the notice, so that the round is seen as it is walked."""
    page.locator("html.js").wait_for(timeout=5000)
    page.get_by_role("button", name="上岗").click(timeout=5000)
    page.locator("#actions button").first.click(timeout=5000)
    page.wait_for_timeout(1500)


def choose_kind(page: Page) -> None:
    page.locator(".choice").nth(2).click(timeout=5000)


SHOTS_OF_ALL = (
    Shot("sign-in", "", "/accounts/sign-in/"),
    Shot("step-into", "", "/accounts/step-into/"),
    Shot("home", "", "/requests/"),
    Shot("api-docs", "", "/api/v1/docs"),
    Shot("home", "resident", "/requests/"),
    Shot("filing", "resident", "/requests/new/", fill_in),
    Shot("catalogue", "resident", "/requests/catalogue/"),
    Shot("mine", "resident", "/requests/mine/"),
    Shot("following", "resident", "/requests/mine/", follow("article a[href*='/requests/']", 1)),
    Shot("wishes", "resident", "/requests/wishes/"),
    Shot("new-wish", "resident", "/requests/wishes/new/"),
    Shot("inbox", "resident", "/accounts/inbox/"),
    Shot("me", "resident", "/accounts/me/"),
    Shot("hall", "volunteer", "/requests/hall/"),
    Shot("orders", "volunteer", "/requests/orders/"),
    Shot("order", "volunteer", "/requests/orders/", follow("article a[href*='/requests/']")),
    Shot("points", "volunteer", "/requests/points/"),
    Shot("settings", "volunteer", "/requests/volunteer/"),
    Shot("report", "grid_worker", "/requests/report/"),
    Shot("field", "grid_worker", "/field/", begin_duty),
    Shot("field-report", "grid_worker", "/field/#/report", choose_kind),
    Shot("field-sent", "grid_worker", "/field/#/sent"),
    Shot("desk", "dispatcher", "/desk/"),
    Shot("order", "dispatcher", "/desk/?tab=doing", choose_order),
    Shot("dispatch", "dispatcher", "/desk/?tab=todo", choose_order_with_candidates),
    Shot("verify", "verifier", "/verify/", show_photos),
    Shot("street", "officer", "/street/"),
    Shot("whistle", "officer", "/whistle/", fill_in_whistle),
    Shot("district", "leader", "/street/"),
    Shot("desk", "handler", "/desk/"),
    Shot("admin", "admin", "/admin/"),
    Shot("topics", "admin", "/admin/cases/topic/"),
    Shot("topic", "admin", "/admin/cases/topic/", follow("#result_list a[href*='/change/']")),
    Shot("posts", "admin", "/admin/orgs/post/"),
    Shot("regions", "admin", "/admin/regions/region/"),
    Shot("calendar", "admin", "/admin/regions/workhours/"),
    Shot("audit", "admin", "/admin/accounts/auditentry/"),
    Shot("check", "organiser", "/orgs/units/check/"),
    Shot("calendar", "secretary", "/meetings/"),
    Shot("dues", "secretary", "/affairs/dues/", follow("main table a[href*='/dues/']")),
    Shot("secretaries", "district_organiser", "/secretaries/"),
    Shot("cadres", "officer", "/cadres/"),
    Shot("report-in", "dispatcher", "/report-in/"),
    Shot("sheets", "secretary", "/sheets/"),
    Shot("matrix", "district_organiser", "/standards/", follow("main a[href*='/programmes/']", 1)),
    Shot(
        "assessment",
        "district_organiser",
        "/standards/assessments/",
        follow("th a[href*='/assessments/']"),
    ),
    Shot("wall", "leader", "/renovation/", follow("main a[href$='/wall/']")),
    Shot(
        "key-tasks",
        "leader",
        "/projects/",
        follow("main a[href^='/projects/']:not([href*='new'])", 6),
    ),
    Shot("conferences", "officer", "/conferences/"),
    Shot("alliances", "leader", "/alliances/"),
    Shot("centres", "resident", "/centres/public/"),
    Shot("voice", "resident", "/taking-part/near/"),
)
# Picture of the guide: the shot, the width, and how much of its height is shown.
GUIDE = {
    "filing": ("resident-filing", PHONE, 844),
    "following": ("resident-following", PHONE, 844),
    "hall": ("volunteer-hall", PHONE, 844),
    "desk": ("dispatcher-order", DESK, 900),
    "dispatch": ("dispatcher-dispatch", DESK, 900),
    "verify": ("verifier-verify", DESK, 900),
    "street": ("officer-street", DESK, 900),
    "whistle": ("officer-whistle", DESK, 900),
    "catalogue": ("admin-topics", DESK, 900),
    "units-check": ("organiser-check", DESK, 900),
    "meetings-calendar": ("secretary-calendar", DESK, 900),
    "dues": ("secretary-dues", DESK, 900),
    "secretaries-home": ("district_organiser-secretaries", DESK, 900),
    "cadres-home": ("officer-cadres", DESK, 900),
    "report-in": ("dispatcher-report-in", DESK, 900),
    "sheets": ("secretary-sheets", PHONE, 844),
    "field-today": ("grid_worker-field", PHONE, 844),
    "field-report": ("grid_worker-field-report", PHONE, 844),
    "field-sent": ("grid_worker-field-sent", PHONE, 844),
    "standards-matrix": ("district_organiser-matrix", DESK, 900),
    "standards-assessment": ("district_organiser-assessment", PHONE, 844),
    "wall": ("leader-wall", DESK, 900),
    "voice": ("resident-voice", PHONE, 844),
}


def key(shot: Shot) -> str:
    return f"{shot.who or 'nobody'}-{shot.name}"


def sign_in(page: Page, site: str, who: str) -> None:
    page.goto(f"{site}/accounts/step-into/")
    page.locator(f"button[name=username][value={who}]").click()
    page.wait_for_load_state()


def pages(
    browser: Browser, site: str, *, width: int, care: bool, shots: Sequence[Shot] = SHOTS_OF_ALL
) -> Iterator[tuple[Shot, Page]]:
    """Yield shots with a page on which each is to be seen; a new visitor for each person."""
    context, who = None, ""
    for shot in shots:
        if context is None or shot.who != who:
            if context is not None:
                context.close()
            context = browser.new_context(
                viewport={"width": width, "height": HEIGHTS[width]},
                device_scale_factor=2 if width == PHONE else 1,
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                service_workers="block",
            )
            if care:
                context.add_cookies([{"name": "care", "value": "1", "url": site}])
            page, who = context.new_page(), shot.who
            if who:
                sign_in(page, site, who)
        yield shot, page


def take(page: Page, site: str, shot: Shot, *, whole: bool) -> bytes:
    page.goto(site + shot.path)
    shot.go(page)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)  # maps and charts draw themselves
    return page.screenshot(full_page=whole)


def take_all(browser: Browser, site: str, *, only: str) -> int:
    """Write every picture; return how many pages could not be shown."""
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
    console, failed = Console(stderr=True), 0
    for width in (PHONE, DESK):
        for care in (False, True):
            tail = f"{width}{'-care' if care else ''}"
            steps = pages(browser, site, width=width, care=care)
            for shot, page in track(steps, tail, total=len(SHOTS_OF_ALL), console=console):
                if only not in key(shot):
                    continue
                try:
                    data = take(page, site, shot, whole=True)
                except Error as error:
                    failed += 1
                    console.print(f"{key(shot)} {tail}: {error.message.splitlines()[0]}")
                    continue
                (SHOTS / f"{key(shot)}-{tail}.png").write_bytes(data)
    return failed


def take_guide(browser: Browser, site: str, *, only: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    for width in (PHONE, DESK):
        wanted = {shot: name for name, (shot, at, _height) in GUIDE.items() if at == width}
        shots = [one for one in SHOTS_OF_ALL if key(one) in wanted and only in wanted[key(one)]]
        for shot, page in pages(browser, site, width=width, care=False, shots=shots):
            if name := wanted.get(key(shot)):
                file = IMAGES / f"{name}.png"
                file.write_bytes(light(take(page, site, shot, whole=False)))
                sys.stdout.write(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} kB\n")


def light(data: bytes) -> bytes:
    """Return a PNG of few colours, below the limit of what the documents carry."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    for colours in (COLOURS, 64, 32, 16):
        out = io.BytesIO()
        few = image.quantize(colours, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        if out.tell() < LARGEST:
            return out.getvalue()
    raise ValueError("the picture is too large for the documents")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", help="address of a running demo")
    parser.add_argument("--only", default="", help="only shots whose name holds this")
    parser.add_argument("--docs", action="store_true", help="the pictures of the user guide")
    given = parser.parse_args()
    site = given.site.rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS.split()
        )
        if given.docs:
            take_guide(browser, site, only=given.only)
        else:
            sys.exit(1 if take_all(browser, site, only=given.only) else 0)


if __name__ == "__main__":
    main()
