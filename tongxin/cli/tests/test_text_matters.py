"""`tongxin text hot` and `duplicates` on files as people have them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tongxin.cli import main
from tongxin.kit.tables import write_xlsx

ROWS = [
    ("1", "u1", "丽发新城小区附近搅拌站噪音扰民", "2026/3/2 9:36:51", "半夜施工，睡不着", 3, 0),
    ("2", "u2", "投诉丽发新城旁的搅拌站", "2026/3/3 9:36:51", "搅拌站噪音和灰尘太大", 0, 1),
    ("3", "u3", "丽发新城搅拌站噪音扰民", "2026/3/4 9:36:51", "灰尘太大，请处理搅拌站", 0, 0),
    ("4", "u4", "海河路路灯坏了", "2026/3/4 9:36:51", "晚上看不见", 0, 0),
]
HEADER = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "点赞数", "反对数"]


def run(*words):
    return CliRunner().invoke(main, ["text", *map(str, words)])


def answer(*words) -> dict:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(params=["utf-8-sig", "gb18030", "xlsx"])
def file(request, tmp_path):
    if request.param == "xlsx":
        path = tmp_path / "留言.xlsx"
        write_xlsx(path, HEADER, ROWS)
        return path
    path = tmp_path / "留言.csv"
    lines = [HEADER, *([str(cell) for cell in row] for row in ROWS)]
    path.write_text("\n".join(",".join(line) for line in lines), encoding=request.param)
    return path


def test_hot_guesses_the_columns_of_a_chinese_header(file):
    found = answer("hot", file, "--json")
    (topic,) = found["topics"]
    assert topic["place"] == "丽发新城" or topic["place"].startswith("丽发新城")
    assert topic["members"] and set(topic["members"]) == {"1", "2", "3"}
    assert (topic["messages"], topic["people"], topic["approval"]) == (3, 3, 2)
    assert topic["first_at"] == "2026-03-02 09:36:51" and "=" in topic["why"]
    assert "u1" not in json.dumps(found)  # people are counted, not listed


def test_duplicates(file):
    found = answer("duplicates", file, "--json", "--least", 0.5)
    (one,) = found["groups"]
    assert set(one["members"]) == {"1", "2", "3"} and one["pairs"][0]["why"]


def test_for_people(file):
    assert "丽发新城" in run("hot", file).output
    assert "理由" in run("duplicates", file, "--least", 0.5).output


def test_columns_by_name_and_what_is_wrong(file, tmp_path):
    assert answer("hot", file, "--text", "留言详情", "--title", "留言主题", "--json")["n"] == 4
    result = run("hot", file, "--text", "正文")
    assert result.exit_code == 1 and "留言详情" in result.output
    odd = tmp_path / "a.csv"
    odd.write_text("甲,乙\n1,2\n")
    result = run("duplicates", odd)
    assert result.exit_code == 1 and "--text" in result.output and "甲、乙" in result.output
