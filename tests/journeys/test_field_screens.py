"""外勤手机端: every screen at 390 and 320 px, in both sizes of type and in the dark; reachable, legible, light."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate
from PIL import Image
from playwright.sync_api import expect

from tongxin.cases.models import Case
from tongxin.grids.actions import add_component
from tongxin.grids.models import CatalogueItem, Component
from tongxin.mobile.models import Consent, Duty
from tongxin.mobile.queries import sign_of_region

from . import making
from .phone import Phone, picture, planned, street

pytestmark = pytest.mark.browser

SOON = 1500  # ms to the first paint on a slow phone and a slow line
TALL = """least => [...document.querySelectorAll('.big, #tabs a, .choice, .row, .input')]
  .filter(e => e.offsetParent && e.getBoundingClientRect().height < least).map(e => e.outerHTML.slice(0, 120))"""
FAINT = """() => {
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * x + 0.7152 * y + 0.0722 * z }
  const read = words => words.match(/[\\d.]+/g).map(Number)
  const ground = e => { for (; e; e = e.parentElement) { const c = read(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c } return [255, 255, 255] }
  return [...document.querySelectorAll('h1, h2, h3, .big span, .row strong, .choice span, #tabs span:first-of-type')].filter(e => e.offsetParent && e.textContent.trim()).map(e => {
    const [one, other] = [light(read(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a)
    return [(one + 0.05) / (other + 0.05), e.textContent]
  }).filter(([ratio]) => ratio < 7)
}"""


@pytest.fixture(params=[(390, False), (320, False), (390, True)], ids=["390", "320", "care"])
def phone(request, chromium, stage, world):
    street(world)
    width, care = request.param
    it = Phone(chromium, stage, world.mei, width=width, care=care, service_workers="block")
    yield it
    it.leave()
    assert stage.errors == []


def test_every_screen_is_legible_and_within_reach(phone, world):
    visit = planned(world)
    case = making.given_to(world, making.filed(world), world.mei)
    page = phone.open()
    phone.sees("8 号楼巡查")

    def look(part: str) -> None:
        phone.at(part)
        page.wait_for_load_state("networkidle")
        phone.look()
        assert page.evaluate(TALL, 60) == []
        assert page.evaluate(FAINT) == []

    for part in (
        "/",
        "/notice",
        "/report",
        "/orders",
        f"/orders/{case.pk}",
        f"/visits/{visit.pk}",
        "/sent",
        "/more",
        "/install",
    ):
        look(part)
    look(f"/orders/{case.pk}/accept")
    phone.at(f"/visits/{visit.pk}")
    phone.press("到了，开始")
    page.locator("[data-item=fire]").get_by_text("是", exact=True).click()
    phone.press("完成走访")
    phone.sees("还有 3 项没有答完")
    phone.look()
    phone.at("/map")
    page.locator("#map[data-ready]").wait_for()
    phone.look()
    # In the dark.
    phone.at("/more")
    page.get_by_role("switch", name="深色").click()
    for part in ("/", "/report", f"/orders/{case.pk}", "/sent"):
        look(part)


class TestOne:
    @pytest.fixture
    def it(self, chromium, stage, world):
        street(world)
        it = Phone(chromium, stage, world.mei)
        yield it
        it.leave()
        assert stage.errors == []

    @pytest.mark.mission("S4.34", "S4.35")
    def test_a_report_takes_three_taps(self, it, world):
        """Photo, kind, send: and nothing else has to be touched."""
        page = it.start()
        taps: list[str] = []
        page.expose_function("tapped", lambda words: taps.extend([words]))
        page.evaluate(
            "addEventListener('click', e => e.isTrusted && e.target.tagName !== 'INPUT' && tapped(e.target.textContent), true)"
        )
        it.at("/report")
        with page.expect_file_chooser() as chooser:
            it.press("拍照")
        chooser.value.set_files([picture()])
        page.locator(".photo-field img").wait_for()
        page.get_by_text("道路坑洼", exact=True).click()
        expect(page.locator(".place-line")).to_contain_text("误差约 15 米")
        it.send()
        it.all_out()
        assert len(taps) == 3
        case = Case.objects.get(reporter=world.mei)
        assert (case.topic, case.region) == (world.pothole, world.p1)
        assert case.evidence.count() == 1

    def test_without_a_kind_or_a_place_nothing_is_sent(self, it, world):
        it.context.clear_permissions()
        page = it.start()
        it.at("/report")
        it.press("发送")
        it.sees("请选是哪一类")
        it.look()
        page.get_by_text("道路坑洼", exact=True).click()
        it.press("发送")
        it.sees("没有取得位置，请点【改位置】在地图上选")
        it.press("改位置")
        page.locator("dialog .map[data-ready]").wait_for()
        it.press("就是这里")
        expect(page.locator(".place-line")).to_contain_text("已在地图上选定位置")
        it.send()
        it.all_out()
        assert Case.objects.get(reporter=world.mei).region == world.p1

    def test_what_was_refused_is_mended_and_sent_again(self, it, world):
        """The topic was closed while the phone was away."""
        page = it.start()
        it.offline()
        it.report(picture(1), text="路面塌陷")
        world.pothole.is_active = False
        world.pothole.save()
        it.online()
        it.all_out()
        it.sees("1 条要看")
        it.at("/sent")
        it.look()
        page.locator(".rows a").filter(has_text="没有办成").click()
        it.look()
        it.press("改一改，再发")
        expect(page.locator(".photo-field img")).to_have_count(1)
        expect(page.get_by_label("补充一句")).to_have_value("路面塌陷")
        page.get_by_text("水管维修", exact=True).click()
        expect(page.locator(".place-line")).to_contain_text("选定位置")
        it.send()
        it.all_out()
        case = Case.objects.get(reporter=world.mei)
        assert case.evidence.count() == 1
        expect(page.locator("#state")).to_contain_text("都发出去了")

    def test_what_has_not_left_is_taken_back(self, it, world):
        it.start()
        it.offline()
        it.report(picture(1))
        it.at("/sent")
        it.page.locator(".rows a").first.click()
        it.press("撤回")
        it.look()
        it.press("撤回", within=it.page.get_by_role("dialog"))
        it.sees("已撤回")
        it.online()
        it.page.evaluate("dispatchEvent(new Event('online'))")
        it.page.wait_for_timeout(800)
        assert [one["state"] for one in it.kept()] == ["withdrawn"]
        assert Case.objects.filter(reporter=world.mei).count() == 0

    def test_an_order_that_moved_on_is_kept_on_both_sides(self, it, world):
        case = making.given_to(world, making.filed(world), world.mei)
        it.start()
        it.offline()
        it.at(f"/orders/{case.pk}/accept")
        it.press("接单", within=it.page.locator("#actions"))
        it.sees("接单，待发送")
        making.make_move(making.fresh(case), "recall", at=making.now(), actor=world.zhang)
        it.online()
        it.all_out()
        assert [one["state"] for one in it.kept()] == ["conflict"]
        it.at("/sent")
        it.sees("等人核对")
        it.look()
        case.refresh_from_db()
        assert case.step == "filed"

    def test_nobody_signed_in_is_asked_to(self, it):
        it.context.clear_cookies()
        page = it.open()
        it.sees("请先登录")
        it.look()
        page.locator("#banners").get_by_role("link", name="登录").click()
        it.lands_on("/accounts/sign-in/")

    @pytest.mark.mission("S3.50")
    def test_the_first_paint_is_soon_on_a_slow_phone(self, it):
        line = it.context.new_cdp_session(it.page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        line.send("Network.setBypassServiceWorker", {"bypass": True})
        line.send("Network.emulateNetworkConditions", {
            "offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000,
        })  # fmt: skip
        line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        painted = min(self.paint(it) for _ in range(3))
        assert painted < SOON

    def paint(self, it) -> float:
        """Return after how many ms something is seen; a machine that is busy is no fault of the page."""
        it.page.goto("about:blank")
        it.open()
        return it.page.evaluate("""() => new Promise(done => new PerformanceObserver(list => {
          const entry = list.getEntriesByName('first-contentful-paint')[0]
          if (entry) done(entry.startTime)
        }).observe({ type: 'paint', buffered: true }))""")

    def test_the_agreement_is_taken_back(self, it, world):
        """PIPL Art. 15: as easily as it was given; duty ends with it."""
        it.start()
        it.at("/notice")
        it.press("我知道了，同意并上岗")
        it.sees("正在记录位置")
        it.all_out()
        it.at("/notice")
        it.press("撤回同意")
        it.look()
        it.press("撤回同意", within=it.page.get_by_role("dialog"))
        it.sees("未上岗")
        it.all_out()
        assert Consent.objects.get(user=world.mei.pk).revoked_at
        assert Duty.objects.get(user=world.mei.pk).ended_at

    def test_a_sign_on_the_spot_begins_a_visit(self, it, world):
        """The phone's own camera opens the address on the sign; no network is needed for that."""
        visit = planned(world)
        it.start()
        it.offline()
        it.open(f"#/sign/{sign_of_region(world.p1.code).code}")
        it.sees("开始哪一次走访")
        it.look()
        it.press("8 号楼巡查")
        it.sees("完成走访")
        it.online()
        it.all_out()
        visit.refresh_from_db()
        assert (visit.state, visit.check_how) == ("begun", "qr")

    def test_what_is_done_is_signed_and_a_word_added_without_a_network(self, it, world):
        """A signature is drawn with the finger; the word afterwards waits behind the report."""
        visit = planned(world)
        page = it.start()
        it.offline()
        it.at(f"/visits/{visit.pk}")
        it.press("到了，开始")
        page.locator("[data-item=fire]").get_by_text("否", exact=True).click()
        page.get_by_label("楼道灯坏了几盏").fill("0")
        it.press("手写签字")
        it.look()
        draw(page)
        it.press("签好了")
        expect(page.locator(".photos.signed img")).to_have_count(1)
        it.look()
        it.send("完成走访")
        it.sees("已存在本机，联网后自动发送")
        it.at(f"/visits/{visit.pk}")
        it.press("补记一句")
        it.press("保存补记")
        it.sees("请写一句再保存")
        page.get_by_label("补记").fill("门口又堆了纸箱")
        it.look()
        it.send("保存补记")
        it.sees("门口又堆了纸箱")
        it.online()
        it.all_out()
        visit.refresh_from_db()
        assert visit.state == "done"
        signed = visit.photos.get(slot="signature").photo
        with Image.open(signed.file.path) as picture_of:
            dark = sum(picture_of.convert("L").histogram()[:80])
        assert signed.uploaded_by == world.mei and dark > 500  # strokes, not white paper
        assert visit.changes.get(kind="noted").text == "补记：门口又堆了纸箱"
        it.at(f"/visits/{visit.pk}")  # the house still tells of what was finished today
        it.sees("这次走访已做完")

    def test_how_a_component_was_found_is_noted_without_a_network(self, it, world):
        lamp = component(world)
        page = it.start()
        it.offline()
        it.at("/map")
        it.press("部件")
        it.look()
        page.get_by_label("找部件").fill("路灯")
        page.locator(".rows a").filter(has_text="路灯").click()
        it.press("记下状态")
        it.sees("请选看到的是哪一种")
        page.get_by_text("丢失", exact=True).click()
        it.press("记下状态")
        it.sees("请写一句怎么回事")
        it.look()
        page.get_by_label("说明").fill("只剩底座")
        it.shoot("photo", picture(4))
        it.send("记下状态")
        it.sees("待发送")
        it.online()
        it.all_out()
        lamp.refresh_from_db()
        event = lamp.events.order_by("-pk")[0]
        assert (lamp.state, event.note, event.by) == ("lost", "只剩底座", world.mei)


def draw(page) -> None:
    """Write with the finger on the sheet of paper."""
    box = page.locator("canvas.paper").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for n in range(1, 12):
        page.mouse.move(box["x"] + 30 + n * 18, box["y"] + 40 + (n % 2) * 60)
    page.mouse.up()


def component(world) -> Component:
    """Return a street lamp of the grid Mei walks."""
    item = CatalogueItem.objects.create(
        kind="component", code="01002", name="路灯", class_name="公用设施",
        effective_from=localdate() - timedelta(days=99),
    )  # fmt: skip
    return add_component(
        item=item, lng=117.55, lat=39.25, address="8 号楼旁", at=making.now() - timedelta(days=9),
        by=world.mei,
    )  # fmt: skip
