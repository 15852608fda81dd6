"""The demo's letters: an address for a few communities, and what became of six messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from random import Random

from tongxin.accounts.models import Delivery
from tongxin.mailbox.actions import take_letter
from tongxin.mailbox.models import Address, Letter
from tongxin.regions.models import Region

from .replay import as_it_happens, stopped

# (days ago, community, sender, subject, text, headers); all of it is made up.
LETTERS: tuple[tuple[float, int, str, str, str, dict[str, str]], ...] = (
    (
        6,
        0,
        "赵阿姨 <zhao@mail.example>",
        "楼道灯不亮",
        "3号楼2单元二楼的楼道灯坏了一周，晚上上下楼看不见，请派人来看看。",
        {},
    ),
    (
        5,
        1,
        "刘工 <liu@mail.example>",
        "小区东门门禁失灵",
        "东门门禁刷卡没有反应，只能从西门绕行，推婴儿车很不方便。",
        {},
    ),
    (3, 0, "prize@ads.example", "恭喜中奖", "点击链接领取。", {"List-Id": "<ads.example>"}),
    (
        2,
        1,
        "刘工 <liu@mail.example>",
        "自动回复：外出",
        "我在外出差，下周回复您。",
        {"Auto-Submitted": "auto-replied"},
    ),
    (
        1,
        2,
        "孙女士 <sun@mail.example>",
        "健身器材松动",
        "小广场的扭腰器底座松了，孩子们常在上面玩，请尽快处理。",
        {},
    ),
    (
        0.2,
        -1,
        "周先生 <zhou@mail.example>",
        "想反映停车问题",
        "地址写错了请转给所在社区：晚上消防通道总有车停着。",
        {},
    ),
)


def make_mailbox(district: Region, dice: Random, *, at: datetime) -> None:
    """Write down three addresses, six letters, and a reply of somebody else to the first."""
    places = list(
        Region.objects.filter(path__under=district.path, level=Region.Level.COMMUNITY).order_by(
            "path"
        )
    )
    chosen = dice.sample(places, min(3, len(places)))
    addresses = [f"shequ{n + 1}@bhxq.example" for n in range(3)]
    for address, region in zip(addresses, chosen, strict=False):
        Address.objects.create(address=address, region=region)
    taken = []
    for n, (days, place, sender, subject, text, headers) in enumerate(LETTERS):
        to = addresses[place] if place >= 0 else "shequ@bhxq.example"
        raw = _message(n, sender, to, subject, text, headers)
        taken.append(_take(raw, at - timedelta(days=days)))
    first = taken[0].case
    if first is not None:
        words = "我是楼上的邻居，三楼的灯也不亮，请一并看看。"
        raw = _message(
            90, "吴先生 <wu@mail.example>", addresses[0], f"回复：{first.number}", words, {}
        )
        _take(raw, at - timedelta(hours=3))
    # Nothing of the demo leaves the house.
    Delivery.objects.filter(channel=Delivery.Channel.EMAIL, user=None).update(
        state=Delivery.State.SENT, sent_at=at, next_at=None, tries=1
    )


def _take(raw: bytes, at: datetime) -> Letter:
    with as_it_happens(stopped(at)):
        return take_letter(raw=raw, at=at)


def has_letters() -> bool:
    return Letter.objects.exists()


def _message(
    n: int, sender: str, to: str, subject: str, text: str, headers: dict[str, str]
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<demo-{n}@mail.example>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    return bytes(message)
