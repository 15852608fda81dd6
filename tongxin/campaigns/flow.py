"""The lifecycle of one task of a campaign: 下发 → 签收 → 上报 → 核查."""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.flow import STAY, Flow, Move, Step, cards, register

from . import hooks, panels

DOES = "grid_worker dispatcher"
WATCH = "officer"

# The deadline is the campaign's: the clock of 办理 runs to the end of that day. The norms here are
# for taking the task over and for looking at what was reported.
GRID_TASK = register(
    Flow(
        kind="grid_task",
        label=_("网格任务"),
        first="issued",
        final="closed void",
        dots="发收报核",
        dot_words=_("下发 签收 上报 核查"),
        tells_opening=DOES,
        ahead="accept finish check",
        panels=panels.of_task,
        details=panels.details,
        also_needs=hooks.photo_needed,
        steps=(
            Step("issued", _("待签收"), 1, "waiting"),
            Step("accepted", _("办理中"), 2, "working"),
            Step("done", _("待核查"), 3, "verify"),
            Step("closed", _("已完成"), 4, "done"),
            Step("void", _("已撤回"), 4, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("accept", _("签收"), "issued", "accepted", DOES, "", "note", ""),
            Move("finish", _("上报完成"), "accepted", "done", f"holder {DOES}", "note", "photo place", "officer@street", hooks.is_answered),
            Move("check", _("核查通过"), "done", "closed", f"{WATCH} verifier", "", "note photo", "holder", hooks.is_not_the_doer),
            Move("redo", _("退回重做"), "done", "accepted", f"{WATCH} verifier", "note", "photo", "holder", hooks.is_not_the_doer),
            Move("urge", _("催办"), "issued accepted", STAY, f"{WATCH} leader system", "", "note", f"holder {DOES}"),
            Move("postpone", _("延期"), "issued accepted", STAY, "system", "", "note", "holder"),
            Move("withdraw", _("撤回"), "issued accepted done", "void", "system", "", "note", "holder"),
        ),
        clocks=(
            *cards("issued", "1wd", tells=DOES),
            *cards("accepted", "15d", tells=f"holder {DOES}"),
            *cards("done", "5wd", tells="officer@street"),
        ),
        before={"accept": hooks.take_over, "redo": hooks.run_again, "postpone": hooks.run_again},
    )
)
