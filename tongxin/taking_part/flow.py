"""The lifecycle of a motion: 提出 → 受理 → 协商 → 表决 → 落实 (S3.34)."""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.flow import Flow, Move, Step, cards, register

from . import hooks, panels

DESK = "dispatcher verifier officer"

MOTION = register(
    Flow(
        kind="motion",
        label=_("议题"),
        first="raised",
        final="closed rejected refused lapsed withdrawn",
        dots="提受议决办",
        dot_words=_("提出 受理 协商 表决 落实"),
        tells_opening="dispatcher",
        link=hooks.notice_link,
        ahead="admit draft carry report",
        panels=panels.of_motion,
        details=panels.details,
        steps=(
            Step("raised", _("征集附议"), 1, "waiting"),
            Step("supported", _("待受理"), 1, "waiting"),
            Step("discussing", _("讨论中"), 2, "working"),
            Step("ready", _("待表决"), 3, "waiting"),
            Step("voting", _("表决中"), 3, "working"),
            Step("passed", _("已通过，待落实"), 4, "working"),
            Step("carried", _("已落实，待反馈"), 4, "verify"),
            Step("closed", _("已反馈"), 5, "done"),
            Step("rejected", _("未通过"), 5, "done"),
            Step("refused", _("不予受理"), 5, "done"),
            Step("lapsed", _("附议不足"), 5, "done"),
            Step("withdrawn", _("已撤回"), 5, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("back", _("附议达到人数"), "raised", "supported", "system", "", "", f"{DESK} reporter"),
            Move("lapse", _("附议不足"), "raised", "lapsed", "system", "", "note", "reporter"),
            Move("admit", _("受理"), "raised supported", "discussing", DESK, "note", "", "reporter"),
            Move("refuse", _("不予受理"), "raised supported", "refused", DESK, "note", "", "reporter"),
            Move("withdraw", _("撤回"), "raised supported discussing", "withdrawn", "reporter", "", "note", "dispatcher"),
            Move("draft", _("形成表决稿"), "discussing ready", "ready", DESK, "note", "", "reporter"),
            Move("agree", _("协商一致"), "discussing ready", "passed", DESK, "note", "photo", "reporter", hooks.no_poll_runs),
            Move("vote", _("开始表决"), "ready", "voting", "system", "", "note", "reporter"),
            Move("settle", _("公布结果"), "voting", "passed|rejected", "system", "note", "", "reporter"),
            Move("again", _("重新表决"), "voting", "ready", "system", "note", "", "reporter dispatcher"),
            Move("carry", _("落实"), "passed", "carried", f"holder {DESK}", "note", "photo", "reporter"),
            Move("report", _("向居民反馈"), "carried", "closed", DESK, "note", "photo", "reporter"),
        ),
        clocks=(
            *cards("supported", "5wd", tells=DESK),
            *cards("discussing", "30d", tells="dispatcher"),
            *cards("ready", "30d", tells="dispatcher"),
            *cards("passed", "60d", tells="dispatcher"),
            *cards("carried", "5wd", tells="dispatcher"),
        ),
        choose={"settle": hooks.passed_or_not},
        before={
            "admit": hooks.open_discussion,
            "draft": hooks.must_be_talked_over,
            "agree": hooks.must_be_talked_over,
        },
        after={
            "admit": hooks.keep_reply,
            "refuse": hooks.keep_reply,
            "draft": hooks.keep_draft,
            "agree": hooks.keep_outcome,
            "settle": hooks.keep_outcome,
            "carry": hooks.keep_done,
            "report": hooks.keep_report,
        },
    )
)
