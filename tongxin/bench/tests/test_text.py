"""`tongxin bench text`: the figures it prints, on composed files of the same shape."""

import pytest

from tongxin.bench import text
from tongxin.kit.tables import write_csv
from tongxin.language.tests.test_topics import lesson


@pytest.fixture
def folder(tmp_path):
    texts, labels = lesson()
    write_csv(
        tmp_path / text.RAW,
        ["topic", "detail", "label"],
        [(one[:8], one, label) for one, label in zip(texts[::2], labels[::2], strict=True)],
    )
    write_csv(
        tmp_path / text.CUT,
        ["tokens", "label"],
        [(" ".join(one), label) for one, label in zip(texts[1::2], labels[1::2], strict=True)],
    )
    write_csv(
        tmp_path / text.REPLIES,
        ["topic", "detail", "reply", "explainable_human"],
        [
            (
                "路灯不亮",
                "什么时候修？",
                "路灯已于3月2日修好，根据规定每月检查一次，由城管局负责。",
                "1",
            ),
            ("路灯不亮", "什么时候修？", "已收悉。", "0"),
            ("水管漏水", "请派人修", "已转有关部门处理。", "0"),
        ],
    )
    return tmp_path


def test_topics_and_replies_are_measured(folder):
    found = text.bench_text(data=str(folder), cases=0, database="sqlite", only="topics")
    assert found["n"] == 60
    assert found["folds"] == 5
    assert 0 <= found["macro_f1"] <= 1
    assert found["calibration_error"] >= 0
    assert found["messages_per_cpu_second"] > 100
    replies = text.reply_figures(folder)
    assert replies["reply_n"] == 3
    assert replies["reply_correlation"] > 0.9
    assert replies["reply_hinted_of_poor"] == 1


def test_what_is_absent_is_null_and_says_why(tmp_path):
    found = text.bench_text(data=str(tmp_path), cases=0, database="sqlite", only="topics")
    assert set(text.KEYS) <= set(found)
    assert found["macro_f1"] is None
    assert "labelled_raw.csv" in found["missing"]["topics"]
    assert found["missing"]["search"] == "没有要求测"
