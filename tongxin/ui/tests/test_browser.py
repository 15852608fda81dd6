"""The frame in a real browser: accessible, nothing cut, and every module does what it says."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from tongxin.ui.tests import urls

pytestmark = [pytest.mark.browser, pytest.mark.urls("tongxin.ui.tests.urls")]

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK, PHONE = "/ui/", "/ui/?layout=phone"
VIEWS = [(DESK, 1440, False), (DESK, 390, True), (PHONE, 390, False), (PHONE, 1440, True)]
if os.environ.get("TONGXIN_FULL") == "1":
    VIEWS += [(path, width, not care) for path, width, care in VIEWS]


@pytest.fixture(autouse=True)
def _empty_box():
    urls.taken.clear()
    urls.numbers[:] = ["1", "2"]


def scroll_through(page):
    """Bring every part into view once, so that maps and charts are drawn."""
    for selector in ["[data-map]", "[data-chart]"]:
        for part in page.locator(selector).all():
            part.scroll_into_view_if_needed()
            part.and_(page.locator("[data-ready]")).wait_for()
    page.evaluate("scrollTo(0, 0)")


def photo(size=(3000, 2000), taken="2026:11:22 09:30:00"):
    exif = Image.Exif()
    exif[0x0132], exif[0x0112] = taken, 6
    file = io.BytesIO()
    Image.new("RGB", size, "#667").save(file, "JPEG", exif=exif)
    return {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "width", "care"), VIEWS)
def test_axe_finds_nothing(open_page, path, width, care):
    page = open_page(path, width, care, bypass_csp=True)
    scroll_through(page)
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []


@pytest.mark.parametrize(
    ("path", "width", "care"),
    [(DESK, 720, False), (DESK, 390, True), (PHONE, 320, False), (PHONE, 390, True)],
)
def test_nothing_is_cut(open_page, path, width, care):
    """320 px is 1280 px at 400 %, the reflow of WCAG 1.4.10."""
    page = open_page(path, width, care)
    scroll_through(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("care", "letter", "target"), [(False, 17, 44), (True, 22, 60)])
def test_letters_and_targets_are_large_enough(open_page, care, letter, target):
    page = open_page("/ui/?layout=phone", care=care)
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == letter
    small = page.evaluate(
        """least => [...document.querySelectorAll('.btn, .form-control, .form-select, .bottom-tabs a, .tool, .choice, .segments a')]
        .filter(e => e.offsetParent && !e.closest('.visually-hidden') && e.getBoundingClientRect().height < least).map(e => e.outerHTML)""",
        target,
    )
    assert small == []


def test_the_page_obeys_its_own_policy(open_page):
    said = []
    page = open_page("/thanks/")
    page.on("console", lambda message: said.append(message.text))
    page.goto(page.url.replace("/thanks/", "/ui/"))
    scroll_through(page)
    assert [text for text in said if "Content Security Policy" in text] == []


class TestKeys:
    def test_j_and_k_walk_through_the_list_and_x_picks(self, open_page):
        page = open_page("/ui/", 1440)
        bar = page.locator("[data-bulk-bar]")
        assert bar.is_hidden()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#0042"
        page.keyboard.press("x")
        assert bar.is_visible()
        assert bar.locator("[data-bulk-count]").inner_text() == "1"

    def test_letters_typed_into_a_field_stay_letters(self, open_page):
        page = open_page("/ui/", 1440)
        page.keyboard.press("/")
        page.keyboard.type("jx?")
        assert page.locator("[data-search]").input_value() == "jx?"
        assert page.locator("dialog").count() == 0

    def test_help_opens_and_single_keys_can_be_switched_off(self, open_page):
        page = open_page("/ui/", 1440)
        page.keyboard.press("?")
        page.get_by_label("停用单键快捷键").check()
        page.get_by_role("dialog").get_by_role("button", name="关闭").click()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_all_are_picked_and_let_go_at_once(open_page):
    page = open_page("/ui/", 1440)
    page.get_by_label("全选").check()
    assert page.locator("[data-bulk-count]").inner_text() == "4"
    page.get_by_role("button", name="取消选择").click()
    assert page.locator("[data-bulk-bar]").is_hidden()


class TestPhotos:
    def test_a_large_one_is_made_smaller_and_keeps_its_exif(self, open_page):
        page = open_page("/form/")
        page.set_input_files("#photos", [photo()])
        page.get_by_alt_text("照片 1").wait_for()
        page.fill("#title", "灯不亮")
        page.click("#send")
        page.wait_for_url("**/thanks/")
        with Image.open(io.BytesIO(urls.taken[0]["photos"][0])) as picture:
            # orientation 6: the browser has turned the picture upright, and EXIF says so
            assert picture.size == (1365, 2048)
            assert picture.getexif()[0x0132] == "2026:11:22 09:30:00"
            assert picture.getexif()[0x0112] == 1

    def test_one_can_be_removed(self, open_page):
        page = open_page("/form/")
        page.set_input_files("#photos", [photo((60, 40)), photo((60, 40))])
        page.get_by_label("删除照片 1").click()
        assert page.evaluate("document.getElementById('photos').files.length") == 1

    def test_too_many_and_wrong_kinds_are_refused_in_words(self, open_page):
        page = open_page("/form/")
        text = {"name": "说明.txt", "mimeType": "text/plain", "buffer": b"x"}
        page.set_input_files("#photos", [photo((60, 40))] * 3 + [text])
        page.get_by_alt_text("照片 2").wait_for()
        said = page.locator(".field-error").inner_text()
        assert "「说明.txt」不是照片" in said
        assert "最多 2 张" in said
        assert page.evaluate("document.getElementById('photos').files.length") == 2


class TestDrafts:
    def test_words_and_photos_come_back_after_a_reload(self, open_page):
        page = open_page("/form/")
        page.fill("#title", "楼道灯不亮")
        page.set_input_files("#photos", [photo((60, 40))])
        page.get_by_alt_text("照片 1").wait_for()
        page.wait_for_timeout(600)
        page.reload()
        page.get_by_text("已恢复上次没有提交的内容").wait_for()
        assert page.locator("#title").input_value() == "楼道灯不亮"
        assert page.evaluate("document.getElementById('photos').files.length") == 1

    def test_photos_survive_a_refusal_by_the_server(self, open_page):
        page = open_page("/form/")
        page.fill("#note", "三楼")
        page.set_input_files("#photos", [photo((60, 40))])
        page.get_by_alt_text("照片 1").wait_for()
        page.click("#send")
        page.locator(".has-error").wait_for()
        page.get_by_alt_text("照片 1").wait_for()
        assert page.locator("#note").input_value() == "三楼"

    def test_what_was_accepted_does_not_come_back(self, open_page):
        page = open_page("/form/")
        page.fill("#title", "楼道灯不亮")
        page.click("#send")
        page.wait_for_url("**/thanks/")
        page.wait_for_timeout(300)
        page.goto(page.url.replace("/thanks/", "/form/"))
        page.wait_for_timeout(300)
        assert page.locator("#title").input_value() == ""


def test_without_a_network_a_form_waits_and_is_sent_once(open_page):
    page = open_page("/form/")
    page.context.set_offline(True)
    page.fill("#title", "灯不亮")
    page.click("#send")
    bar = page.locator("#offline")
    page.get_by_text("离线：1 条待发送").wait_for()
    assert page.locator("#title").input_value() == ""
    page.context.set_offline(False)
    page.get_by_text("联网了，已发送 1 条").wait_for()
    assert bar.is_hidden()
    assert [form["title"] for form in urls.taken] == ["灯不亮"]


def test_a_page_that_cannot_be_had_says_so_honestly(open_page):
    page = open_page("/thanks/", service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.context.set_offline(True)
    page.goto(page.url.replace("/thanks/", "/form/"))
    assert page.get_by_role("heading", name="没有网络").is_visible()
    assert page.get_by_role("link", name="再试一次").is_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.brandbar')).backgroundColor")
        == "rgb(138, 25, 28)"
    )


def test_a_live_list_takes_up_what_is_new(open_page):
    page = open_page("/live/")
    page.get_by_text("第 2 条").wait_for()
    page.locator("[data-row='2'] a").focus()
    urls.numbers.insert(0, "3")
    page.get_by_text("第 3 条").wait_for()
    page.get_by_text("新到 1 条").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "第 2 条"


class TestDialogs:
    def test_a_question_is_asked_and_no_means_no(self, open_page):
        page = open_page("/moves/")
        page.click("#void")
        page.get_by_role("button", name="不，返回").click()
        assert page.url.endswith("/moves/")
        page.click("#void")
        page.get_by_role("button", name="作废", exact=True).last.click()
        page.wait_for_url("**/thanks/")

    def test_a_form_opens_in_place_shows_its_errors_there_and_moves_on(self, open_page):
        page = open_page("/moves/")
        page.click("#open")
        dialog = page.get_by_role("dialog")
        dialog.locator("#send").click()
        dialog.locator(".has-error").wait_for()
        assert page.url.endswith("/moves/")
        dialog.locator("#title").fill("派给王芳")
        dialog.locator("#send").click()
        page.get_by_text("已提交").wait_for()
        assert page.url.endswith("/thanks/")
        assert [form["title"] for form in urls.taken] == ["派给王芳"]


def test_before_and_after_are_compared_with_the_arrow_keys(open_page):
    page = open_page("/ui/")
    slider = page.get_by_label("拖动比较处理前后")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "处理前占 49%"


def test_a_place_is_picked_by_hand_and_by_position(open_page):
    here = {"longitude": 117.71, "latitude": 39.02, "accuracy": 25}
    page = open_page("/ui/?layout=phone", geolocation=here, permissions=["geolocation"])
    scroll_through(page)
    page.get_by_role("button", name="用我的位置").click()
    page.get_by_text("已定位，误差约 25 米").wait_for()
    assert page.locator("#lng").input_value() == "117.710000"
    assert page.locator("#lat").input_value() == "39.020000"
    page.locator("#picker").click(position={"x": 40, "y": 200})
    assert page.locator("#lng").input_value() != "117.710000"


def test_undo_is_offered_for_ten_seconds(open_page):
    page = open_page("/ui/")
    assert page.get_by_role("button", name="撤销").is_visible()
    page.get_by_role("button", name="关闭").first.click()
    assert page.get_by_role("button", name="撤销").count() == 0
