"""The administrator opens doors to other systems: a key, a service, a peer, a subscription."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.accounts.actions import publish
from tongxin.accounts.models import Delivery
from tongxin.cases.queries import forget_topics
from tongxin.open311.models import ClientKey, Forwarding, Peer

from . import making

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_key_is_given_exchanged_and_ended(visit, world):
    forget_topics()
    one = visit(world.ann)
    one.go("/open311/")
    one.press("发放密钥")
    one.lands_on("/keys/new/")
    one.page.fill("#id_name", "随手拍")
    one.press("发放")
    one.sees(re.compile(r"o3_[\w-]{40}"))
    one.look()
    one.press("已经复制")
    one.lands_on(f"/keys/{ClientKey.objects.get().pk}/")
    one.press("换发新密钥")
    one.sees(re.compile(r"o3_[\w-]{40}"))
    one.press("已经复制")
    one.sees("前仍可用")
    one.press("停用密钥")
    one.press("停用")
    one.sees("的密钥已停用")
    one.look()
    one.go("/open311/services/")
    one.press("道路坑洼")
    one.lands_on("/services/0103/")
    one.page.get_by_label("分批受理", exact=False).check()
    one.press("保存")
    one.sees("分批")
    one.look()


def test_a_peer_and_what_it_would_not_take(visit, world, settings):
    settings.TONGXIN_OPEN311_ALLOW_PRIVATE = True
    one = visit(world.ann)
    one.go("/open311/peers/new/")
    one.page.fill("#id_name", "市政平台")
    one.page.fill("#id_url", "http://127.0.0.1:9/v2")
    one.press("保存")
    one.sees("还没有规则")
    one.look()
    one.page.locator("#id_topic").select_option(label="道路坑洼")
    one.page.fill("#id_service_code", "P1")
    one.press("新增规则")
    one.sees("道路坑洼 → P1")
    Forwarding.objects.create(
        case=making.filed(world), peer=Peer.objects.get(), service_code="P1", state="dead",
        created_at=now(), last_error="HTTP 400 service_code 不对", tries=6,
    )  # fmt: skip
    one.go(f"/open311/peers/{Peer.objects.get().pk}/?state=dead")
    one.press("重新转交", exact=False)
    one.sees("将重新转交")
    one.look()


def test_a_subscription_is_tried_and_told_again(visit, world):
    one = visit(world.ann)
    one.go("/open311/webhooks/")
    one.press("新增订阅")
    one.lands_on("/webhooks/new/")
    one.page.fill("#id_name", "数据中台")
    one.page.fill("#id_url", "http://127.0.0.1:9/hook")
    one.press("保存")
    one.sees("请现在复制")
    one.press("已经复制")
    one.press("发测试消息")
    one.sees("测试消息已放入发送队列")
    event = {"id": 1, "number": "120116-20261126-0001"}
    at = now() - timedelta(hours=1)
    publish(event=event, words={"request", "request.finish"}, area="12/", key="e1", at=at)
    Delivery.objects.update(state="sent", sent_at=at)
    one.press("补发")
    one.sees("已安排补发 1 条")
    one.look()
    one.go("/open311/deliveries/?state=sent")
    one.page.locator("tbody input[type=checkbox]").first.check()
    one.press("重发所选")
    one.sees("1 条将重新发送")
    one.look()
    one.go(f"/open311/deliveries/{Delivery.objects.last().pk}/")
    one.sees("内容（已隐去个人信息）")
