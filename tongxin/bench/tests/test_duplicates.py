"""The measure of likely duplicates, on a composed file; on the real one when it is there."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

from tongxin.bench.duplicates import MESSAGES, TOPICS, duplicate_figures, hot_figures

PLACES = "丽发新城 怡和家园 海河花园 泉星公园 凉塘路 幸福里小区 时代花园 第一中学 人民医院 东风市场".split()
TROUBLES = [
    ("搅拌站噪音扰民", "半夜施工，灰尘也大，睡不着觉"),
    ("捆绑销售车位", "开发商强制业主买停车的地方"),
    ("电梯经常坏", "老人上下楼不方便，物业不管"),
    ("自来水发黄", "水质浑浊有异味，不敢喝"),
    ("广场舞音乐太吵", "孩子写作业受影响，每晚到十点"),
    ("路灯不亮", "晚上出门看不清，摔了好几个人"),
]


def composed(folder, copies=2):
    start, rows = datetime(2026, 1, 1), []  # noqa: DTZ001 (as the file has it)
    for n, place in enumerate(PLACES):
        for m, (trouble, more) in enumerate(TROUBLES):
            for again in range(copies):
                title = f"{place}{trouble}" if again % 2 == 0 else f"再次反映{place}的{trouble}"
                at = start + timedelta(days=n + again)
                rows.append(
                    [
                        f"{len(rows)}",
                        f"u{n}-{m}",
                        at.isoformat(),
                        1,
                        0,
                        title,
                        f"{more}（第{again}次）",
                    ]
                )
    with (folder / MESSAGES).open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow("message_id user_id created_at likes dislikes topic detail".split())
        out.writerows(rows)
    with (folder / TOPICS).open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["问题ID", "留言编号"])
        out.writerows([["2", row[0]] for row in rows[:copies]])


def test_figures_of_a_composed_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tongxin.bench.duplicates.EDITS", 15)
    composed(tmp_path)
    found = duplicate_figures(tmp_path)
    assert 0.5 < found["duplicate_recall_at_95_precision"] <= 1
    assert set(found["duplicate_recall_by_class"]) == {"edited", "resent", "topic"}
    assert found["duplicate_pairs"]["same"] > 20 and found["duplicate_pairs"]["other"] > 200


def test_hot_topics_against_a_reference(tmp_path):
    composed(tmp_path, copies=4)
    (one,) = hot_figures(tmp_path)["hot_topics"]
    assert one["their_n"] == 4 and one["shared"] == 4


def test_without_the_file_it_says_so(tmp_path):
    assert duplicate_figures(tmp_path)["duplicate_recall_at_95_precision"] is None
    assert hot_figures(tmp_path)["reason"]
