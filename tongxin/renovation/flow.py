"""A department's part in a place's plan: 交办 → 接收 → 办理 → 核实 (S1.42, S1.17)."""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.flow import STAY, Flow, Move, Step, cards, register

from . import hooks, panels

DOES = "holder handler_org"
WATCH = "officer leader"

# The day was given with the part: the clock of 办理 runs to its end; the norms here are for taking
# it over and for looking at what was done.
SITE_PART = register(
    Flow(
        kind="site_part",
        label=_("改造部门任务"),
        first="given",
        final="closed void",
        dots="交接办核",
        dot_words=_("交办 接收 办理 核实"),
        tells_opening="handler_org",
        ahead="accept finish check",
        panels=panels.of_part,
        details=panels.details,
        steps=(
            Step("given", _("待接收"), 1, "waiting"),
            Step("accepted", _("办理中"), 2, "working"),
            Step("done", _("待核实"), 3, "verify"),
            Step("closed", _("已办结"), 4, "done"),
            Step("void", _("已撤回"), 4, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("accept", _("接收任务"), "given", "accepted", "handler_org", "", "note", WATCH),
            Move("finish", _("办理完成"), "accepted", "done", DOES, "note", "photo", WATCH),
            Move("check", _("核实办结"), "done", "closed", "officer", "", "note photo", DOES, hooks.is_not_the_doer),
            Move("redo", _("退回重办"), "done", "accepted", "officer", "note", "", DOES, hooks.is_not_the_doer),
            Move("urge", _("催办"), "given accepted", STAY, f"{WATCH} inspector system", "", "note", DOES),
            Move("withdraw", _("撤回任务"), "given accepted", "void", "officer", "note", "", DOES),
        ),
        clocks=(
            *cards("given", "1wd", tells="handler_org"),
            *cards("accepted", "15d", tells=DOES),
            *cards("done", "5wd", tells="officer@street"),
        ),
        before={"accept": hooks.take_over, "redo": hooks.run_again},
        after={"check": hooks.keep_done},
    )
)
