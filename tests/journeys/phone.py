"""A phone in the street: the app under /field/, its network, what it keeps, what has arrived."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from django.utils.timezone import localdate, now
from PIL import Image
from playwright.sync_api import Page, expect

from tongxin.fieldwork.actions import plan_visit
from tongxin.fieldwork.models import Checklist, Item, Visit
from tongxin.mobile.models import FieldAction

from .visitor import PATIENCE, Visitor

# What lies in the app's own store, read past the app.
KEPT = """async store => {
  const database = await new Promise((done, failed) => {
    const request = indexedDB.open('tongxin-field')
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error)
  })
  const all = await new Promise(done => {
    const request = database.transaction(store).objectStore(store).getAll()
    request.onsuccess = () => done(request.result)
  })
  database.close()
  return all.map(({ id, user, kind, state, sentence, title, isDone }) => ({ id, user, kind, state, sentence, title, isDone }))
}"""
OPEN = {"kept", "waiting"}


class Phone(Visitor):
    """A visitor with the app: service worker and store as on a phone."""

    def __init__(self, browser, stage, user, **options) -> None:
        options = {"width": 390, "service_workers": "allow", **options}
        super().__init__(browser, stage, user, **options)

    def open(self, part: str = "") -> Page:
        """Open the app; what is not kept on the phone by then needs a network."""
        self.page.goto(self.stage.url + "/field/" + part)
        self.page.wait_for_selector("html.js")
        return self.page

    def start(self) -> Page:
        """Open the app for the first time and wait until it would work without a network."""
        self.open()
        self.sees("松社区")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        return self.page

    def at(self, part: str) -> Page:
        """Go to a screen of the app without asking the server for anything."""
        self.page.evaluate("part => { location.hash = part }", part)
        self.page.wait_for_function(
            "part => document.documentElement.dataset.screen === part", arg="#" + part
        )
        return self.page

    def offline(self) -> None:
        self.context.set_offline(True)

    def online(self) -> None:
        self.context.set_offline(False)

    def kept(self, store: str = "actions") -> list[dict]:
        return self.page.evaluate(KEPT, store)

    def all_out(self) -> list[dict]:
        """Wait until nothing waits on the phone; return what became of each."""
        self.until(lambda: not OPEN & {one["state"] for one in self.kept()})
        return self.kept()

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so that only a promise can tell."""
        end = monotonic() + 2 * PATIENCE / 1000
        while not is_so():
            assert monotonic() < end, [one for one in self.kept() if one["state"] in OPEN]
            self.page.wait_for_timeout(100)

    def shoot(self, slot: str = "photo", *pictures: dict) -> None:
        """Take photos into a slot, and wait until they are kept."""
        part = self.page.locator(f".photo-field:has(input[data-slot='{slot}'])")
        had = part.locator("img").count()
        part.locator("input[data-album]").set_input_files(list(pictures or [picture()]))
        expect(part.locator("img")).to_have_count(had + len(pictures or [1]), timeout=PATIENCE)

    def report(self, *pictures: dict, kind: str = "道路坑洼", text: str = "") -> None:
        """Report what lies on the way: photo, kind, send."""
        self.at("/report")
        self.shoot("photo", *pictures)
        self.page.get_by_text(kind, exact=True).click()
        if text:
            self.page.get_by_label("补充一句").fill(text)
        expect(self.page.locator(".place-line")).to_contain_text("已定位")
        self.send()

    def send(self, button: str = "发送") -> None:
        """Press the button at the foot, and wait until what it does is kept."""
        before = len(self.kept())
        self.press(button, within=self.page.locator("#actions"))
        self.until(lambda: len(self.kept()) > before)


def picture(seed: int = 1, *, noisy: bool = False, size: int = 800) -> dict:
    """Return a photo as a camera gives it: no two seeds alike; a noisy one is some hundred KB."""
    if noisy:
        image = Image.frombytes("RGB", (size, size), os.urandom(3 * size * size))
    else:
        image = Image.new("RGB", (320, 240), (seed * 37 % 256, seed * 91 % 256, seed * 17 % 256))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return {"name": f"{seed}.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def street(world) -> None:
    """Let a grid worker report potholes, as a district's catalogue does."""
    world.pothole.kind = "event"
    world.pothole.save()


def planned(world, title: str = "8 号楼巡查", **given) -> Visit:
    """Return a visit of Mei's for today with a checklist of three questions."""
    code = f"L{Checklist.objects.count()}"
    checklist = Checklist.objects.create(
        code=code, name="楼栋巡查", kind="patrol", version=1, effective_from=localdate(), published_at=now()
    )  # fmt: skip
    ask = Item.objects.create
    ask(
        checklist=checklist,
        code="fire",
        number=1,
        text="消防通道有没有堵住",
        needs_photo="when_bad",
        bad_when="yes",
    )
    ask(
        checklist=checklist,
        code="what",
        number=2,
        text="堵的是什么",
        type="choice",
        options=[{"value": "电动车"}, {"value": "杂物"}],
        asked_if_item="fire",
        asked_if_value="yes",
    )
    ask(checklist=checklist, code="lamp", number=3, text="楼道灯坏了几盏", type="number")
    return plan_visit(
        kind="patrol", title=title, region=world.p1, by=world.zhang, at=now() - timedelta(hours=1),
        checklist=checklist, due_on=localdate(), workers=[world.mei], lng=117.55, lat=39.25,
        place_name="8 号楼", **given,
    )  # fmt: skip


def arrived(user) -> list[FieldAction]:
    return list(FieldAction.objects.filter(user=user.pk).order_by("pk"))


def once_each(phone: Phone, user) -> None:
    """What the phone kept and what has arrived are the same, each once and done."""
    rows, told = arrived(user), phone.kept()
    here, there = sorted(row.key for row in rows), sorted(one["id"] for one in told)
    assert here == there, (rows, told)
    undone = [(row.kind, row.state, row.sentence) for row in rows if row.state != "done"]
    assert undone == [], undone
    assert {one["state"] for one in told} == {"done"}, told
