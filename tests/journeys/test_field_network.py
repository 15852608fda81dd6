"""外勤手机端 on bad networks: nothing is lost and nothing happens twice, counted in the database."""

from __future__ import annotations

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from tongxin.cases.models import Case, Evidence
from tongxin.fieldwork.models import AnswerPhoto
from tongxin.mobile.models import Duty, FieldAction, TrackPoint
from tongxin.photos.models import Photo

from . import making
from .phone import Phone, arrived, once_each, picture, planned, street

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(chromium, stage, world):
    """Return a function that hands somebody a phone."""
    street(world)
    phones = []

    def give(user=world.mei, **options) -> Phone:
        it = Phone(chromium, stage, user, **options)
        phones.append(it)
        return it

    yield give
    for it in phones:
        it.leave()
    assert stage.errors == []


@pytest.mark.mission("S4.33", "S4.35", "S3.47")
def test_a_whole_day_without_a_network_arrives_at_its_end(phone, world):
    visit = planned(world)
    case = making.given_to(world, making.filed(world), world.mei)
    it = phone()
    page = it.start()
    it.offline()
    page.reload()  # killed by the phone in between: the app opens all the same
    it.sees("8 号楼巡查")
    go_on_duty(it)
    it.report(picture(1), picture(2), text="路面塌了一块")
    it.report(picture(3))
    walk(it, visit)
    do_order(it, case)
    it.at("/")
    it.press("下岗")
    it.press("下岗", within=page.get_by_role("dialog"))
    it.sees("未上岗")
    assert {one["state"] for one in it.kept()} == {"kept"}
    assert arrived(world.mei) == []
    it.online()
    it.all_out()
    once_each(it, world.mei)
    reports = Case.objects.filter(reporter=world.mei)
    assert reports.count() == 2
    assert Evidence.objects.filter(case__in=reports).count() == 3
    case.refresh_from_db()
    assert (case.step, case.holder) == ("done", world.mei)
    visit.refresh_from_db()
    assert (visit.state, visit.bad_count) == ("done", 1)
    assert AnswerPhoto.objects.get().answer.item.code == "fire"
    assert Photo.objects.count() == 5
    duty = Duty.objects.get()
    assert duty.user == world.mei
    assert duty.ended_at > duty.started_at
    assert TrackPoint.objects.filter(duty=duty).exists()


def go_on_duty(it: Phone) -> None:
    """Read the notice, agree, walk fifty metres and more."""
    it.at("/notice")
    it.press("我知道了，同意并上岗")
    it.sees("正在记录位置")
    it.context.set_geolocation({"longitude": 117.551, "latitude": 39.251, "accuracy": 12})
    it.sees("1 个位置点")


def walk(it: Phone, visit) -> None:
    """Make a visit, with a bad answer and its photo."""
    it.at(f"/visits/{visit.pk}")
    it.press("到了，开始")
    it.page.locator("[data-item=fire]").get_by_text("是", exact=True).click()
    it.shoot("fire", picture(4))
    it.page.locator("[data-item=what]").get_by_text("电动车").click()
    it.page.locator("[data-item=lamp] input").first.fill("2")
    it.press("完成走访")
    it.sees("已做完")


def do_order(it: Phone, case: Case) -> None:
    """Take an order and finish it with a photo, both before anybody has heard of it."""
    it.at(f"/orders/{case.pk}")
    it.press("接单")
    it.press("接单", within=it.page.locator("#actions"))
    it.sees("接单，待发送")
    it.at(f"/orders/{case.pk}/finish")
    it.shoot("photo", picture(5))
    it.page.get_by_label("说明").fill("换了垫圈，试水不漏")
    it.press("办结", within=it.page.locator("#actions"))
    it.sees("办结，待发送")


def test_slow_is_only_slow(phone, world):
    it = phone()
    it.start()
    line = it.context.new_cdp_session(it.page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": 800, "downloadThroughput": 50_000, "uploadThroughput": 50_000,
    })  # fmt: skip
    it.report(picture(noisy=True, size=400))
    it.all_out()
    once_each(it, world.mei)
    assert Case.objects.filter(reporter=world.mei).count() == 1


def test_a_network_that_goes_in_the_middle_of_a_photo_goes_on_where_it_was(phone, world):
    it = phone()
    page = it.start()
    pieces: list[str] = []

    def flap(route) -> None:
        """Every second piece is lost on the way, and the answer to every third."""
        pieces.append(route.request.url)
        if len(pieces) % 3 == 1:
            return route.abort("connectionreset")
        if len(pieces) % 3 == 2:
            route.fetch()
            return route.abort("connectionreset")
        return route.continue_()

    it.context.route("**/api/v1/field/photos/*?offset=*", flap)
    it.report(picture(noisy=True, size=900))
    for _ in range(12):
        page.wait_for_timeout(400)
        page.evaluate("dispatchEvent(new Event('online'))")
    it.all_out()
    assert len(pieces) > 3
    once_each(it, world.mei)
    case = Case.objects.get(reporter=world.mei)
    assert case.evidence.count() == 1
    assert Photo.objects.count() == 1


def test_an_answer_that_is_lost_makes_nothing_twice(phone, world):
    it = phone()
    page = it.start()
    tries: list[int] = []

    def lose(route) -> None:
        tries.append(1)
        if len(tries) <= 2:
            route.fetch()  # the house has it, the phone never hears of it
            return route.abort("connectionreset")
        return route.continue_()

    it.context.route("**/api/v1/field/sync", lose)
    it.report(picture())
    for _ in range(6):
        page.wait_for_timeout(300)
        page.evaluate("dispatchEvent(new Event('online'))")
    it.all_out()
    assert len(tries) >= 3
    once_each(it, world.mei)
    assert Case.objects.filter(reporter=world.mei).count() == 1


@pytest.mark.slow
def test_a_phone_that_is_killed_keeps_photos_that_were_not_sent(stage, world, chromium, tmp_path):
    """The browser itself ends, with its profile on the disk, and is started again."""
    street(world)
    from .conftest import FLAGS

    launch = chromium.browser_type.launch_persistent_context
    options = {
        "executable_path": _path_of(chromium), "args": FLAGS.split(), "locale": "zh-CN", "has_touch": True,
        "timezone_id": "Asia/Shanghai", "viewport": {"width": 390, "height": 844}, "permissions": ["geolocation"],
        "geolocation": {"latitude": 39.25, "longitude": 117.55, "accuracy": 15}, "service_workers": "allow",
    }  # fmt: skip
    first = _Held(launch(str(tmp_path), **options), stage, world.mei)
    first.start()
    first.offline()
    first.report(picture(1), picture(2))
    # A report that was begun, its photo kept, never sent.
    first.at("/report")
    first.shoot("photo", picture(3))
    first.context.close()

    again = _Held(launch(str(tmp_path), **options), stage, world.mei)
    again.open("#/report")
    expect(again.page.locator(".photo-field img")).to_have_count(1)
    again.all_out()
    once_each(again, world.mei)
    case = Case.objects.get(reporter=world.mei)
    assert case.evidence.count() == 2
    again.context.close()


class _Held(Phone):
    """A phone whose browser has a profile of its own."""

    def __init__(self, context, stage, user) -> None:
        self.stage, self.user, self.width, self.problems = stage, user, 390, []
        self.context = context
        if not any(one["name"] == "sessionid" for one in context.cookies()):
            context.add_cookies(stage.cookies_of(user))
        self.page = context.pages[0] if context.pages else context.new_page()


def _path_of(browser) -> str:
    import os
    import shutil

    return os.environ.get("CHROMIUM") or shutil.which("chromium")


def test_two_tabs_send_once(phone, world):
    it = phone()
    page = it.start()
    other = it.context.new_page()
    other.goto(it.stage.url + "/field/")
    other.wait_for_selector("html.js")
    it.offline()
    it.report(picture(1))
    it.report(picture(2))
    it.online()
    for tab in (page, other):
        tab.evaluate("dispatchEvent(new Event('online'))")
    it.all_out()
    once_each(it, world.mei)
    assert Case.objects.filter(reporter=world.mei).count() == 2
    expect(other.locator("#state")).to_contain_text("都发出去了")


def test_a_clock_wrong_by_hours_is_put_right(phone, world):
    from django.utils.timezone import now

    it = phone()
    it.page.add_init_script("""
      const True = Date, off = 3 * 3600 * 1000
      Date = class extends True { constructor(...given) { given.length ? super(...given) : super(True.now() - off) } static now() { return True.now() - off } }
    """)
    it.start()
    it.sees("手机时间差了 180 分钟")
    it.report(picture())
    it.all_out()
    once_each(it, world.mei)
    action = FieldAction.objects.get(user=world.mei.pk)
    assert "clock_off" in action.marks
    case = Case.objects.get(reporter=world.mei)
    assert abs((now() - case.opened_at).total_seconds()) < 120


def test_signed_out_meanwhile_everything_waits_for_the_same_person(phone, world):
    it = phone()
    page = it.start()
    it.offline()
    it.report(picture(1))
    it.context.clear_cookies()
    it.online()
    it.sees("请重新登录，1 条已保存在本机")
    it.at("/")
    it.look()
    assert [one["state"] for one in it.kept()] == ["kept"]
    # Somebody else signs in on this phone: sees nothing of Mei's and sends nothing of hers.
    it.context.add_cookies(it.stage.cookies_of(world.wang))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#state")).to_contain_text("都发出去了")
    it.at("/sent")
    it.sees("还没有记录")
    assert FieldAction.objects.count() == 0
    assert [one["state"] for one in it.kept()] == ["kept"]
    # Mei again: it goes on where it stood.
    it.context.clear_cookies()
    it.context.add_cookies(it.stage.cookies_of(world.mei))
    page.evaluate("dispatchEvent(new Event('online'))")
    it.all_out()
    once_each(it, world.mei)
    assert Case.objects.filter(reporter=world.mei).count() == 1


ROOM = 1_500_000  # bytes; the shell takes a third of it, a large photo a fifth


@pytest.fixture
def small(phone):
    """A phone with hardly any room."""
    it = phone()
    it.page.goto(it.stage.url + "/field/manifest.webmanifest")
    line = it.context.new_cdp_session(it.page)
    line.send("Storage.overrideQuotaForOrigin", {"origin": it.stage.url, "quotaSize": ROOM})
    it.start()
    return it


def fill(it: Phone) -> int:
    """Take large photos into a report until no more are kept; return how many were."""
    photos = it.page.locator(".photo-field img")
    it.at("/report")
    for n in range(6):
        it.page.locator("input[data-album]").set_input_files([picture(n, noisy=True, size=700)])
        full = it.page.get_by_text("手机存满了，这张照片没有存下")
        expect(full.or_(photos.nth(n))).to_be_visible()
        if full.is_visible():
            break
    return photos.count()


def test_a_full_phone_says_so_and_loses_nothing(small, world):
    small.offline()
    small.report(picture(1))
    assert 0 < fill(small) < 6
    small.sees("手机存满了，这张照片没有存下")
    small.look()
    kept = small.page.locator(".photo-field img").count()
    assert [one["state"] for one in small.kept()] == ["kept"]
    small.online()
    small.page.get_by_text("道路坑洼", exact=True).click()
    small.send()
    small.all_out()
    once_each(small, world.mei)
    found = Case.objects.filter(reporter=world.mei).order_by("pk")
    assert [case.evidence.count() for case in found] == [1, kept]


def test_what_has_arrived_is_given_up_first_and_nothing_else(small, world):
    small.report(picture(1, noisy=True, size=700))
    small.all_out()
    assert [one["isDone"] for one in small.kept("photos")] == [True]
    small.offline()
    small.report(picture(2))
    kept = fill(small)
    assert kept < 6
    assert [one["isDone"] for one in small.kept("photos")] == [False] * (1 + kept)
    small.online()
    small.page.get_by_text("道路坑洼", exact=True).click()
    small.send()
    small.all_out()
    once_each(small, world.mei)
    found = Case.objects.filter(reporter=world.mei).order_by("pk")
    assert [case.evidence.count() for case in found] == [1, 1, kept]


def test_an_app_that_is_updated_in_between_sends_what_the_old_one_kept(phone, world):
    it = phone()
    page = it.start()
    it.offline()
    it.report(picture(1))
    before = page.evaluate("caches.keys()")
    with override_settings(TONGXIN_TILE_URL="https://tiles.example/{z}/{x}/{y}.png"):
        it.online()
        page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update())")
        waits = "navigator.serviceWorker.getRegistration().then(one => Boolean(one.waiting))"
        it.until(lambda: page.evaluate(waits))
        it.all_out()
        it.at("/")
        it.sees("有新版本")
        with page.expect_navigation():
            it.press("更新")
        page.wait_for_selector("html.js")
        it.until(lambda: len(page.evaluate("caches.keys()")) == 1)
    assert page.evaluate("caches.keys()") != before
    once_each(it, world.mei)
    assert Case.objects.filter(reporter=world.mei).count() == 1


def test_what_a_newer_app_left_on_the_phone_is_still_sent(phone, world):
    """A district goes back to the release before: the store is of a later version than the app."""
    it = phone()
    page = it.start()
    it.offline()
    it.report(picture(1))
    page.goto(it.stage.url + "/field/manifest.webmanifest", wait_until="commit")
    page.evaluate("""() => new Promise((done, failed) => {
      const request = indexedDB.open('tongxin-field', 99)
      request.onupgradeneeded = () => request.result.createObjectStore('of-tomorrow')
      request.onsuccess = () => { request.result.close(); done() }
      request.onerror = () => failed(request.error)
    })""")
    it.online()
    it.open()
    it.all_out()
    once_each(it, world.mei)
    assert Case.objects.filter(reporter=world.mei).count() == 1


def test_what_is_kept_goes_out_when_the_network_returns_and_the_app_is_closed(phone, world):
    """Background sync: the browser wakes the worker, no page is open."""
    it = phone()
    it.start()
    it.offline()
    it.report(picture(1))
    other, found = it.context.new_page(), []
    line = it.context.new_cdp_session(other)
    line.on(
        "ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"])
    )
    line.send("ServiceWorker.enable")
    it.page.close()
    it.page = other
    it.online()
    [ours] = {one["registrationId"] for one in found if one["scopeURL"].endswith("/field/")}
    line.send("ServiceWorker.dispatchSyncEvent", {
        "origin": it.stage.url, "registrationId": ours, "tag": "field-send", "lastChance": False,
    })  # fmt: skip
    for _ in range(100):
        if FieldAction.objects.filter(user=world.mei.pk, state="done").exists():
            break
        other.wait_for_timeout(200)
    assert Case.objects.get(reporter=world.mei).evidence.count() == 1
    it.open()
    it.all_out()
    once_each(it, world.mei)
