"""Those who answer for phones: a conflict decided, a phone handed out and lost, a way, signs."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils.timezone import localdate, now
from PIL import Image

from tongxin.cases.actions import make_move
from tongxin.kit.ids import uuid7
from tongxin.mobile.actions import receive_batch, take_chunk, touch_device
from tongxin.mobile.models import Device, Duty, FieldAction, TrackPoint
from tongxin.mobile.queries import sign_of_region
from tongxin.requests.actions import file_request

pytestmark = pytest.mark.browser
HOUR = timedelta(hours=1)
AGENT = "Mozilla/5.0 (Linux; Android 12; ANA-AN00 Build/HUAWEI) AppleWebKit/537.36"


def picture() -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def phone(world) -> Device:
    return touch_device(
        uid=uuid7(now()), user=world.mei, at=now(), app="1.0", agent=AGENT, session_key="none"
    )


@pytest.fixture
def conflict(world, phone) -> FieldAction:
    """Mei finished an order without a network; meanwhile it was given to Wang."""
    import hashlib
    import uuid

    case = file_request(
        text="厨房水管漏水，水已流到走廊", topic=world.tap, lng=117.55, lat=39.25,
        at=now() - 4 * HOUR, actor=world.sun,
    )  # fmt: skip
    make_move(case, "dispatch", at=now() - 3 * HOUR, actor=world.zhang, holder=world.mei)
    make_move(case, "accept", at=now() - 2 * HOUR, actor=world.mei)
    make_move(case, "release", at=now() - HOUR, actor=world.zhang, note="联系不上")
    data, id = picture(), str(uuid.uuid4())
    photo = {
        "id": id,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "slot": "after",
    }
    at = now() - HOUR / 2
    action = {
        "id": str(uuid7(at)), "kind": "order.move", "at": at.isoformat(), "based_on": 3,
        "place": {"lng": 117.55, "lat": 39.25, "accuracy": 9}, "photos": [photo],
        "data": {"case": str(case.pk), "move": "finish", "note": "换了阀门，试水正常"},
    }  # fmt: skip
    receive_batch(user=world.mei, device=phone, items=[action], skew=0, at=now())
    take_chunk(user=world.mei, uid=uuid.UUID(id), offset=0, data=data, at=now())
    return FieldAction.objects.get(state="conflict")


def test_a_dispatcher_decides_between_phone_and_system(visit, world, conflict):
    zhang = visit(world.zhang)
    zhang.go("/field/conflicts/")
    zhang.go(f"/field/conflicts/{conflict.pk}/")
    zhang.page.get_by_label("采用手机上的").check()
    zhang.page.get_by_role("textbox", name="说明").fill("梅雪当时在现场")
    zhang.page.get_by_role("button", name="确定").click()
    zhang.page.get_by_text("已处理，并告诉了梅雪").wait_for()
    zhang.look()
    conflict.refresh_from_db()
    assert (conflict.state, conflict.decision) == ("done", "phone")


def test_an_officer_hands_a_phone_out_and_reports_it_lost(visit, world, phone):
    liu = visit(world.liu)
    liu.go("/field/devices/")
    liu.page.get_by_role("link", name="ANA-AN00").click()
    liu.page.get_by_label("编号或名称").fill("北塘-007")
    liu.page.get_by_label("配发单位").select_option(label="松社区居委会")
    liu.look()
    liu.page.get_by_role("button", name="登记", exact=True).click()
    liu.page.get_by_text("已登记：梅雪 领用").wait_for()
    liu.page.get_by_text("丢了", exact=True).click()
    liu.page.get_by_label("报失说明").fill("菜场被偷")
    liu.page.get_by_role("button", name="报失").click()
    liu.page.get_by_text("已报失，上面的登录已退出").wait_for()
    liu.look()
    phone.refresh_from_db()
    assert (phone.label, phone.state) == ("北塘-007", "lost")


def test_a_way_is_shown_for_a_reason(visit, world, phone):
    duty = Duty.objects.create(
        user=world.mei, device=phone, area=world.p1.path, started_at=now() - HOUR
    )
    TrackPoint.objects.bulk_create(
        TrackPoint(
            user=world.mei, duty=duty, at=now() - timedelta(minutes=n), lng=117.55 + n * 0.001,
            lat=39.25 + n * 0.0005, accuracy=8,
        )
        for n in range(8)
    )  # fmt: skip
    liu = visit(world.liu)
    liu.go("/field/duty/")
    liu.go(f"/field/duty/{world.mei.pk}/{localdate()}/")
    liu.page.get_by_label("查看理由").fill("失联，查最后位置")
    liu.page.get_by_role("button", name="查看").click()
    liu.page.get_by_text("本次查看已记录").wait_for()
    liu.look()


def test_signs_are_chosen_and_printed(visit, world):
    zhang = visit(world.zhang)
    zhang.go("/field/signs/")
    zhang.go(f"/field/signs/print/?region={world.p1.code}")
    assert zhang.page.get_by_text(sign_of_region(world.p1.code).code).is_visible()
