"""Sample content of the gallery: composed, no real person or place of anyone."""

import math
from datetime import timedelta
from urllib.parse import quote

from django import forms
from django.utils import timezone

STEPS = [("点", "点单"), ("派", "派单"), ("接", "接单"), ("验", "验单"), ("评", "评单")]
STATES = {"d": "done", "n": "now", "t": "todo", "l": "late", "s": "skipped"}
PEOPLE = ("李秀兰", "新港社区", "王芳", "刘强", "李秀兰")
COMMUNITIES = (
    "近开里 和荣苑 新华里 吉庆里 海兴园 福建路 西江里 碧海园 东江里 浙江路 贻正里 万顺园".split()
)


class SampleForm(forms.Form):
    """A form with one mistake in it."""

    title = forms.CharField(
        label="您需要什么帮助", help_text="一句话说清楚，比如「楼道灯不亮」。", max_length=60
    )
    topic = forms.ChoiceField(
        label="类别",
        choices=[
            ("", "请选择"),
            ("light", "楼道照明"),
            ("clean", "环境保洁"),
            ("errand", "代办服务"),
        ],
    )
    how = forms.ChoiceField(
        label="怎么联系您",
        choices=[("phone", "打电话"), ("door", "上门说"), ("none", "不用联系")],
        widget=forms.RadioSelect,
        initial="phone",
    )
    note = forms.CharField(
        label="补充说明", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 3})
    )
    agree = forms.BooleanField(label="替老人或邻居点单，已征得本人同意", required=False)


def line(letters, left="", tone="ok", at=None):
    """Return a five-dot line; one letter a dot: d(one) n(ow) t(odo) l(ate) s(kipped)."""
    dots = []
    for index, ((char, title), letter) in enumerate(zip(STEPS, letters, strict=True)):
        known = letter in "dl"
        at_this = at + timedelta(hours=3 * index) if at and known else None
        who = PEOPLE[index] if letter in "dln" else ""
        dots.append(
            {"char": char, "title": title, "state": STATES[letter], "at": at_this, "who": who}
        )
    return {"dots": dots, "left": left, "tone": tone}


def lines(at):
    return [
        ("待派单", line("dnttt", "还剩 3 工作时", "ok", at)),
        ("快到期", line("ddntt", "还剩 40 分钟", "soon", at)),
        ("超期", line("ddltt", "超期 2 工作时", "late", at)),
        ("等居民补充", line("dnttt", "等居民补充，暂停计时", "waiting", at)),
        ("待评价", line("ddddn", "请在 12 天内评价", "ok", at)),
        ("办结", line("ddddd", "用时 5 工作时", "done", at)),
        ("抽查未验", line("dddsd", "用时 1 工作日", "done", at)),
        (
            "其他流程",
            {
                "dots": [
                    {"char": c, "title": t, "state": s, "at": None, "who": ""}
                    for c, t, s in (
                        ("哨", "吹哨", "done"),
                        ("到", "报到", "done"),
                        ("办", "办理", "now"),
                        ("判", "评判", "todo"),
                    )
                ],
                "left": "还剩 2 工作日",
                "tone": "ok",
            },
        ),
    ]


def cards(now):
    drawn = [dots for _name, dots in lines(now)]
    rows = [
        (
            "0042",
            "3 号楼 2 单元楼道灯不亮，老人晚上下楼看不清台阶",
            "新港街道 · 近开里社区",
            "楼道照明",
            0,
            1,
            "waiting",
            "待派单",
            ["老人", "安全"],
        ),
        (
            "0039",
            "小区东门垃圾桶满溢，气味大",
            "塘沽街道 · 新华里社区",
            "环境保洁",
            1,
            5,
            "working",
            "办理中",
            [],
        ),
        (
            "0035",
            "独居老人需要代买降压药和蔬菜",
            "大沽街道 · 和荣苑社区",
            "代办服务",
            2,
            26,
            "late",
            "超期",
            ["代办", "催单 2 次"],
        ),
        (
            "0031",
            "健身器材螺丝松动，孩子玩耍时险些摔倒",
            "杭州道街道 · 吉庆里社区",
            "设施维修",
            4,
            74,
            "verify",
            "待评价",
            [],
        ),
    ]
    return [
        {
            "number": f"120116-20261122-{number}",
            "title": title,
            "url": f"#{number}",
            "place": place,
            "topic": topic,
            "line": drawn[index],
            "at": now - timedelta(hours=hours),
            "badge": {"state": state, "text": text},
            "tags": tags,
        }
        for number, title, place, topic, index, hours, state, text, tags in rows
    ]


def photo(lit):
    """Draw a stairwell, dark or lit, as the address of an SVG picture."""
    wall, lamp, stair = (
        ("#efe3c4", "#fff6cf", "#b9a27a") if lit else ("#3b3a42", "#55545c", "#2a2930")
    )
    steps = "".join(
        f"<rect x='{40 + 34 * i}' y='{210 - 26 * i}' width='{280 - 34 * i}' height='26' fill='{stair}' stroke='{wall}'/>"
        for i in range(6)
    )
    glow = "<circle cx='90' cy='50' r='90' fill='#fff6cf' opacity='.5'/>" if lit else ""
    picture = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 320 240'><rect width='320' height='240' fill='{wall}'/>"
        f"{glow}<circle cx='90' cy='50' r='20' fill='{lamp}'/>{steps}</svg>"
    )
    return f"data:image/svg+xml,{quote(picture)}"


def areas():
    """Return made-up communities as GeoJSON: cells of a bent grid, with a figure each."""

    def corner(column, row):
        bend = 0.004 * math.sin(2.3 * column + 1.7 * row)
        return [117.64 + 0.03 * column + bend, 38.98 + 0.024 * row + 0.6 * bend * math.cos(row)]

    features = []
    for index, name in enumerate(COMMUNITIES):
        column, row = index % 4, index // 4
        ring = [corner(column + x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        features.append(
            {
                "type": "Feature",
                "properties": {"name": f"{name}社区", "late": (index * 7 + 3) % 13, "url": "#map"},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def points():
    tones = ["waiting", "working", "late", "verify"]
    return [
        {
            "lng": 117.66 + 0.0131 * (index * 5 % 7),
            "lat": 38.99 + 0.0093 * (index * 3 % 6),
            "title": f"订单 {index + 1:04d}",
            "note": "楼道照明 · 还剩 3 工作时",
            "url": "#map",
            "tone": tones[index % 4],
            "char": "派接验评"[index % 4],
        }
        for index in range(18)
    ]


def events(now):
    return [
        {
            "what": "点单",
            "who": "李秀兰",
            "at": now - timedelta(hours=27),
            "note": "3 号楼 2 单元楼道灯不亮，老人晚上下楼看不清台阶。",
            "icon": "circle-plus",
            "tone": "waiting",
            "evidence": [{"thumb": photo(False), "url": "#", "kind": "点单", "alt": "很暗的楼道"}],
        },
        {
            "what": "派单",
            "who": "新港社区 陈洁",
            "at": now - timedelta(hours=25),
            "took": "用时 1 工作时 20 分",
            "icon": "send",
            "tone": "working",
            "note": "请王芳今天处理。",
        },
        {
            "what": "接单",
            "who": "王芳",
            "at": now - timedelta(hours=24),
            "took": "用时 40 分钟",
            "icon": "hand-grab",
            "tone": "working",
        },
        {
            "what": "办完",
            "who": "王芳",
            "at": now - timedelta(hours=3),
            "took": "用时 5 工作时",
            "icon": "check",
            "tone": "verify",
            "note": "已更换声控灯，试亮 3 次正常。",
            "evidence": [
                {"thumb": photo(False), "url": "#", "kind": "处理前", "alt": "更换前，楼道很暗"},
                {"thumb": photo(True), "url": "#", "kind": "处理后", "alt": "更换后，楼道明亮"},
            ],
        },
        {
            "what": "验收通过",
            "who": "近开里社区党支部 刘强",
            "at": now - timedelta(hours=1),
            "took": "用时 2 工作时",
            "icon": "eye-check",
            "tone": "done",
        },
    ]


def figures():
    """Return one small table of figures, and its chart."""
    names = ["新港街道", "塘沽街道", "大沽街道", "杭州道街道", "新河街道", "北塘街道"]
    counts = [
        (28, 3, "96.4%"),
        (41, 6, "93.1%"),
        (19, 0, "100%"),
        (33, 2, "97.0%"),
        (12, 1, "95.8%"),
        (8, 0, "100%"),
    ]
    rows = [
        {
            "label": name,
            "url": "#",
            "cells": [
                {"value": open_, "url": "#"},
                {"value": late, "url": "#", "late": late > 2},
                {"value": share},
            ],
        }
        for name, (open_, late, share) in zip(names, counts, strict=True)
    ]
    return {
        "columns": [
            {"label": "街镇"},
            {"label": "未办结", "figure": True},
            {"label": "超期", "figure": True},
            {"label": "按时办结率", "figure": True},
        ],
        "rows": rows,
        "total": {
            "label": "合计",
            "cells": [{"value": 141, "url": "#"}, {"value": 12, "url": "#"}, {"value": "96.2%"}],
        },
        "chart": {
            "kind": "stack",
            "x": names,
            "unit": "件",
            "urls": ["#figures"] * 6,
            "series": [
                {"name": "按时", "data": [c[0] - c[1] for c in counts], "tone": "working"},
                {"name": "超期", "data": [c[1] for c in counts], "tone": "late"},
            ],
        },
        "chart_rows": [(name, [c[0] - c[1], c[1]]) for name, c in zip(names, counts, strict=True)],
        "trend": {
            "kind": "line",
            "x": [f"11月{day}日" for day in range(10, 22)],
            "unit": "件",
            "series": [
                {
                    "name": "点单",
                    "data": [31, 28, 40, 38, 22, 19, 35, 42, 39, 37, 30, 24],
                    "tone": "waiting",
                },
                {
                    "name": "办结",
                    "data": [25, 30, 36, 37, 26, 20, 28, 39, 41, 38, 33, 27],
                    "tone": "done",
                },
            ],
        },
    }


def candidates():
    return [
        {
            "name": "王芳",
            "org": "近开里社区志愿服务队",
            "why": "离现场 240 米，会电工，手上 1 件未办结；近 30 天同类订单办了 12 件，都是 5 星。",
            "value": "1",
            "badge": {"state": "done", "text": "最合适"},
        },
        {
            "name": "赵建国",
            "org": "新港街道网格员",
            "why": "责任网格就在此处，手上 4 件未办结。",
            "value": "2",
        },
        {
            "name": "滨海物业新港项目部",
            "org": "物业公司",
            "why": "公共设施由其维护；上一件同类订单超期 3 小时。",
            "value": "3",
        },
    ]


def navigation():
    nav = [
        {"label": "收件箱", "url": "#", "icon": "inbox", "active": True, "count": 28},
        {"label": "待验收", "url": "#", "icon": "eye-check", "count": 6},
        {"label": "地图", "url": "#", "icon": "map"},
        {"label": "统计", "url": "#", "icon": "chart-bar"},
        {
            "name": "sample",
            "group": "管理",
            "is_open": True,
            "items": [
                {"label": "服务目录", "url": "#", "icon": "list-details"},
                {"label": "岗位", "url": "#", "icon": "users"},
            ],
        },
    ]
    tabs = [
        {"label": "点单", "url": "#", "icon": "circle-plus", "active": True},
        {"label": "附近", "url": "#", "icon": "map-pin"},
        {"label": "我的订单", "url": "#", "icon": "clipboard-list", "count": 2},
        {"label": "我的", "url": "#", "icon": "user"},
    ]
    return {"nav": nav, "tabs": tabs}


def context():
    """Return what both galleries show."""
    now = timezone.now()
    return {
        **navigation(),
        **figures(),
        "lines": lines(now - timedelta(hours=26)),
        "cards": cards(now),
        "events": events(now),
        "candidates": candidates(),
        "sample_areas": areas(),
        "sample_points": points(),
        "before": {"url": photo(False), "alt": "楼道很暗", "caption": "昨天 09:10"},
        "after": {"url": photo(True), "alt": "楼道明亮", "caption": "今天 10:42"},
        "form": SampleForm(
            {"title": "", "topic": "light", "how": "phone", "note": "晚上六点以后在家。"}
        ),
        "segments": [
            {"label": "全部", "url": "#", "active": True, "count": 28},
            {"label": "待派", "url": "#", "count": 9},
            {"label": "快到期", "url": "#", "count": 4},
            {"label": "超期", "url": "#", "count": 3},
        ],
        "filters": [
            {
                "name": "street",
                "label": "街镇",
                "value": "",
                "choices": [("", "全部街镇"), ("1", "新港街道"), ("2", "塘沽街道")],
            },
            {
                "name": "topic",
                "label": "类别",
                "value": "",
                "choices": [("", "全部类别"), ("1", "楼道照明")],
            },
        ],
        "search": {"name": "q", "value": "", "placeholder": "单号、地点或内容"},
        "steps": [
            {"label": "说事情", "state": "done"},
            {"label": "选位置", "state": "now"},
            {"label": "核对", "state": "todo"},
        ],
        "moves": [
            {"name": "assign", "label": "派单", "primary": True},
            {"name": "return", "label": "退回"},
        ],
    }
