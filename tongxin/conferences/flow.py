"""The lifecycles of what a conference resolved, and of what one unit gives another."""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.flow import STAY, Flow, Move, Step, cards, register

from . import hooks, panels

DOES = "handler_org holder"
OFFICE = "handler_org reporter officer"

# What one unit or person has to do of a resolution (S3.31). The day is the resolution's: the clock
# of 办理 runs to its end. While it is reported, the convening unit has it: who must act next.
RESOLUTION = register(
    Flow(
        kind="resolution",
        label=_("决议任务"),
        first="assigned",
        final="closed void",
        dots="议接办认",
        dot_words=_("议定 接办 办理 确认"),
        tells_opening=DOES,
        ahead="accept report confirm assign",
        link=hooks.link_of,
        options={"handler": panels.units},
        panels=panels.of_resolution,
        details=panels.details,
        steps=(
            Step("assigned", _("待接办"), 1, "waiting"),
            Step("returned", _("待改派"), 1, "waiting"),
            Step("doing", _("办理中"), 2, "working"),
            Step("reported", _("待确认"), 3, "verify"),
            Step("closed", _("已办结"), 4, "done"),
            Step("void", _("已撤回"), 4, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes, tells, guard
            Move("accept", _("接办"), "assigned", "doing", DOES, "", "note", "reporter"),
            Move("decline", _("退回"), "assigned", "returned", DOES, "note", "", "reporter"),
            Move("assign", _("改派"), "returned", "assigned", OFFICE, "handler note", "", "handler_org"),
            Move("progress", _("报进展"), "doing", STAY, DOES, "note", "photo", "reporter"),
            Move("report", _("上报完成"), "doing", "reported", DOES, "note photo", "before_after place", "reporter handler_org"),
            Move("confirm", _("确认办结"), "reported", "closed", OFFICE, "", "note photo", "holder reporter", hooks.is_another),
            Move("redo", _("退回重办"), "reported", "doing", OFFICE, "note", "photo", "holder handler_org", hooks.is_another),
            Move("urge", _("催办"), "assigned doing", STAY, "reporter officer leader system", "", "note tags", DOES),
            Move("extend", _("延期"), "assigned doing", STAY, "system", "note until", "tags", DOES),
            Move("withdraw", _("撤回"), "assigned returned doing", "void", "system", "note", "tags", DOES),
        ),
        clocks=(
            *cards("assigned", "2wd", tells=f"{DOES} reporter"),
            *cards("returned", "1wd", tells="handler_org reporter"),
            *cards("doing", "15d", tells=f"{DOES} reporter"),
            *cards("reported", "3wd", tells="handler_org reporter"),
        ),
        before={
            "accept": hooks.take_over,
            "decline": hooks.to_the_office,
            "assign": hooks.assigned_anew,
            "report": hooks.to_the_office,
            "confirm": hooks.back_to_the_unit,
            "redo": hooks.run_again,
            "extend": hooks.new_day,
        },
        after={
            "assign": hooks.keep_assigned,
            "progress": hooks.keep_progress,
            "report": hooks.keep_report,
            "confirm": hooks.keep_confirmed,
            "redo": hooks.keep_return,
            "extend": hooks.keep_day,
            "withdraw": hooks.end_if_last,
        },
    )
)

# One resolution for several units: it ends when each of theirs has (首接负责 as with a whistle).
JOINT_RESOLUTION = register(
    Flow(
        kind="resolution_joint",
        label=_("联席决议"),
        first="running",
        final="closed void",
        dots="议办认",
        dot_words=_("议定 办理 确认"),
        ahead="",
        link=hooks.link_of,
        panels=panels.of_resolution,
        details=panels.details,
        steps=(
            Step("running", _("办理中"), 2, "working"),
            Step("closed", _("已办结"), 3, "done"),
            Step("void", _("已撤回"), 3, "done"),
        ),
        moves=(
            Move("conclude", _("办结"), "running", "closed", "system", "", "note", "reporter"),
            Move("extend", _("延期"), "running", STAY, "system", "note until", "tags", ""),
            Move("withdraw", _("撤回"), "running", "void", "system", "note", "tags", ""),
        ),
        clocks=cards("running", "15d", tells="reporter"),
        before={"extend": hooks.new_day},
    )
)

# What a supplier gives for a need: given, and confirmed by who received it (S3.24).
DELIVERY = register(
    Flow(
        kind="delivery",
        label=_("供需落实"),
        first="agreed",
        final="closed void",
        dots="约交认",
        dot_words=_("约定 交付 确认"),
        tells_opening="handler_org reporter",
        ahead="deliver confirm",
        link=hooks.link_of_delivery,
        panels=panels.of_delivery,
        steps=(
            Step("agreed", _("待交付"), 1, "working"),
            Step("delivered", _("待确认"), 2, "verify"),
            Step("closed", _("已落实"), 3, "done"),
            Step("void", _("已取消"), 3, "done"),
        ),
        moves=(
            Move("deliver", _("登记交付"), "agreed", "delivered", "handler_org dispatcher officer", "note", "photo minutes amount", "reporter dispatcher"),
            Move("confirm", _("确认收到"), "delivered", "closed", "reporter dispatcher verifier officer", "", "note photo minutes amount", "handler_org", hooks.is_not_the_giver),
            Move("redo", _("退回补交"), "delivered", "agreed", "reporter dispatcher verifier officer", "note", "photo", "handler_org", hooks.is_not_the_giver),
            Move("urge", _("催办"), "agreed", STAY, "reporter dispatcher officer", "", "note", "handler_org"),
            Move("withdraw", _("取消约定"), "agreed", "void", "system", "note", "tags", "handler_org reporter"),
        ),
        clocks=(
            *cards("agreed", "15d", tells="handler_org dispatcher"),
            *cards("delivered", "5d", tells="reporter dispatcher"),
        ),
        before={"deliver": hooks.hold_as_giver, "redo": hooks.until_the_end},
        after={
            "deliver": hooks.keep_delivery,
            "confirm": hooks.count_delivery,
        },
    )
)
