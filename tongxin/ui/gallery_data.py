"""Sample content of the gallery: composed, no real person."""

from datetime import timedelta

from django.utils import timezone

STEPS = [("点", "点单"), ("派", "派单"), ("接", "接单"), ("验", "验单"), ("评", "评单")]


def line(states, left="", tone="ok", at=None, people=()):
    """Return a five-dot line; `states` has one letter a dot: d(one) n(ow) t(odo) l(ate) s(kipped)."""
    words = {"d": "done", "n": "now", "t": "todo", "l": "late", "s": "skipped"}
    dots = []
    for index, ((char, title), letter) in enumerate(zip(STEPS, states, strict=True)):
        reached = letter in "dl"
        dots.append(
            {
                "char": char,
                "title": title,
                "state": words[letter],
                "at": at + timedelta(hours=3 * index) if at and reached else None,
                "who": people[index] if index < len(people) and letter in "dln" else "",
            }
        )
    return {"dots": dots, "left": left, "tone": tone}


def card(number, title, place, topic, dots, **more):
    return {
        "number": number,
        "title": title,
        "place": place,
        "topic": topic,
        "line": dots,
        "url": "#",
        **more,
    }


def context():
    """Return what both galleries show."""
    now = timezone.now()
    yesterday = now - timedelta(hours=26)
    people = ("李秀兰", "新港社区", "王芳", "", "")
    lines = [
        ("待派单", line("dnttt", "还剩 3 工作时", "ok", yesterday, people)),
        ("快到期", line("ddntt", "还剩 40 分钟", "soon", yesterday, people)),
        ("超期", line("ddltt", "超期 2 工作时", "late", yesterday, people)),
        ("等居民补充", line("dnttt", "等待居民补充，暂停计时", "waiting", yesterday, people)),
        ("待评价", line("ddddn", "请在 12 天内评价", "ok", yesterday, people)),
        ("办结", line("ddddd", "用时 5 工作时", "done", yesterday, people)),
        ("抽查未验", line("dddsd", "用时 1 工作日", "done", yesterday, people)),
    ]
    cards = [
        card(
            "120116-20261122-0042",
            "3 号楼 2 单元楼道灯不亮，老人晚上下楼看不清台阶",
            "新港街道 · 近开里社区",
            "楼道照明",
            lines[0][1],
            at=now - timedelta(hours=1),
            badge={"state": "waiting", "text": "待派单"},
            tags=["老人", "安全"],
        ),
        card(
            "120116-20261122-0039",
            "小区东门垃圾桶满溢，气味大",
            "塘沽街道 · 新华里社区",
            "环境保洁",
            lines[1][1],
            at=now - timedelta(hours=5),
            badge={"state": "working", "text": "办理中"},
        ),
        card(
            "120116-20261121-0107",
            "独居老人需要代买降压药和蔬菜",
            "大沽街道 · 和荣苑社区",
            "代办服务",
            lines[2][1],
            at=yesterday,
            badge={"state": "late", "text": "超期"},
            tags=["代办", "催单 2 次"],
        ),
        card(
            "120116-20261120-0031",
            "健身器材螺丝松动，孩子玩耍时险些摔倒",
            "杭州道街道 · 吉庆里社区",
            "设施维修",
            lines[4][1],
            at=yesterday - timedelta(days=2),
            badge={"state": "verify", "text": "待评价"},
        ),
    ]
    nav = [
        {"label": "收件箱", "url": "#", "icon": "inbox", "active": True, "count": 28},
        {"label": "待验收", "url": "#", "icon": "eye-check", "count": 6},
        {"label": "地图", "url": "#", "icon": "map"},
        {"label": "统计", "url": "#", "icon": "chart-bar"},
        {"group": "管理"},
        {"label": "服务目录", "url": "#", "icon": "list-details"},
        {"label": "岗位", "url": "#", "icon": "users"},
    ]
    tabs = [
        {"label": "点单", "url": "#", "icon": "circle-plus", "active": True},
        {"label": "附近", "url": "#", "icon": "map-pin"},
        {"label": "我的订单", "url": "#", "icon": "clipboard-list", "count": 2},
        {"label": "我的", "url": "#", "icon": "user"},
    ]
    return {"lines": lines, "cards": cards, "nav": nav, "tabs": tabs}
