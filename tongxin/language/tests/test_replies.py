"""Hints on a reply: each names what is lacking, and a good reply gets none."""

import time

import pytest

from tongxin.language.replies import check_reply, points_of

LIGHTS = "小区东门三盏路灯不亮半个月了，老人晚上摔过跤。请问什么时候能修好？更换灯泡的费用由谁出、要多少钱？"
GOOD = (
    "您好，您反映的小区东门路灯不亮的问题，我局维修人员已于3月2日上午到现场核实，是线路老化，三盏路灯当天更换修好。"
    "根据《城市照明管理规定》第二十条，费用由市政承担，居民不出一元钱。"
)


def kinds(message, reply, **more):
    return [hint.kind for hint in check_reply(message, reply, **more).hints]


def test_a_reply_that_answers_acts_and_cites_gets_no_hint():
    review = check_reply(LIGHTS, GOOD)
    assert review.hints == []
    assert review.answered == len(review.points) == 2
    assert {"东门", "更换"} <= set(review.shared)


def test_points_are_questions_and_demands_not_rhetoric():
    assert points_of("路灯坏了。什么时候修路灯？难道没有天理吗？希望派人检查线路。谢谢。") == [
        "什么时候修路灯？",
        "希望派人检查线路。",
    ]


def test_passed_on_and_nothing_else():
    review = check_reply(
        LIGHTS, "您好！您反映的路灯问题已转区城市管理局调查处理，感谢您的关注与支持，祝生活愉快。"
    )
    hint = next(one for one in review.hints if one.kind == "only_passed_on")
    assert hint.about.startswith("您反映的路灯问题已转")


def test_passed_on_with_what_was_done_is_no_fault():
    reply = "您反映的路灯问题已转区城市管理局，3月2日维修人员现场核实为线路老化，费用由市政承担，预计3月5日修好。"
    assert "only_passed_on" not in kinds(LIGHTS, reply)


def test_a_question_of_time_without_a_date():
    review = check_reply(
        LIGHTS, "您好，小区东门路灯是线路老化，维修人员正在现场检修，费用由市政承担，居民出零元。"
    )
    assert ("no_when", "请问什么时候能修好？") in [(one.kind, one.about) for one in review.hints]


def test_a_question_of_money_without_a_number():
    reply = "您好，小区东门路灯我局明天上午派人检查维修，费用问题由物业公司另行解释，请您放心。"
    assert "no_amount" in kinds(LIGHTS, reply)


def test_a_point_that_is_passed_over():
    message = "小区路灯不亮。请问什么时候修路灯？另外希望在北门增设健身器材。"
    review = check_reply(
        message, "小区路灯已于3月2日由区城管局更换线路修好，依据照明管理规定今后每月检查一次。"
    )
    assert [one.about for one in review.hints if one.kind == "unanswered"] == [
        "另外希望在北门增设健身器材。"
    ]


def test_another_matter():
    reply = "关于您咨询的医保异地结算，根据医保局3月2日的规定，已在窗口办理，需要携带身份证和社保卡到服务大厅。"
    assert "off_topic" in kinds(LIGHTS, reply)


def test_neither_deed_nor_reason():
    reply = "您好，小区东门路灯的问题我们高度重视，感谢您对路灯工作的理解与支持，祝您生活愉快，万事如意。"
    assert "no_action" in kinds(LIGHTS, reply)


def test_too_short():
    assert "too_short" in kinds(LIGHTS, "已收到。")


def test_late_without_a_word_of_it():
    assert "late" in kinds(LIGHTS, GOOD, is_late=True)
    assert "late" not in kinds(LIGHTS, "很抱歉让您久等了。" + GOOD, is_late=True)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("这个不归我们管，你自己想办法。", "rude"),
        ("说了不行就是不行！！！", "loud"),
        ("请打张师傅电话13812345678。", "private"),
    ],
)
def test_tone_and_privacy(sentence, kind):
    review = check_reply(LIGHTS, GOOD + sentence)
    assert [one.kind for one in review.hints] == [kind]
    assert "138" not in review.hints[0].about


@pytest.mark.parametrize("reply", ["", "  ", "😀😀", "\x00"])
def test_nothing_written_nothing_said(reply):
    assert check_reply(LIGHTS, reply).hints == []


@pytest.mark.parametrize(
    "message", ["", "。", "😀", "<b></b>", "水" * 100_000, "?" * 100_000, "已转" * 50_000]
)
def test_any_message_and_bounded_work(message):
    start = time.process_time()
    check_reply(message, message[:50_000] or GOOD)
    assert time.process_time() - start < 0.5
