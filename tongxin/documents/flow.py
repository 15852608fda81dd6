"""The lifecycles of a document: its own, the opinion asked of a unit, the reply owed by a recipient.

Who plays which part is said by `queries.parts_in`, from posts in the unit concerned: the engine's
parts are of land, and land gives nobody a right to a letter. What is said stands in `Opinion` and
`Reply`, which fewer people read than a case; the events cover it by its hash.
"""

from django.utils.translation import gettext_lazy as _

from tongxin.cases.flow import STAY, Clock, Flow, Move, Step, register

from . import hooks

WAITS = "reviewing countersigning signing signed"


def _cards(step: str, norm: str, tells: str) -> tuple[Clock, ...]:
    """Yellow at 80 %, red at the end; nobody on the land around is told, as `cards` would."""
    return (
        Clock(step, norm, "yellow", 0.8, tells),
        Clock(step, norm, "red", 1.0, f"{tells} reporter"),
    )


DOCUMENT = register(
    Flow(
        kind="document",
        own_parts="drafter reviewer signer registrar recipient",
        label=_("公文"),
        first="drafted",
        final="closed void",
        dots="拟核会签发",
        dot_words=_("拟稿 核稿 会签 签发 印发"),
        link=hooks.link_of,
        panels=hooks.panel_of,
        ahead="submit review sign issue",
        steps=(
            Step("drafted", _("拟稿"), 0, "working"),
            Step("reviewing", _("待核稿"), 1, "waiting"),
            Step("countersigning", _("会签中"), 2, "waiting"),
            Step("signing", _("待签发"), 3, "verify"),
            Step("signed", _("待印发"), 4, "working"),
            Step("issued", _("已印发，待回复"), 5, "waiting"),
            Step("closed", _("已办结"), 5, "done"),
            Step("void", _("已作废"), 0, "done"),
        ),
        moves=(
            # name, label, from, to, by, needs, takes
            Move("submit", _("送核稿"), "drafted", "reviewing", "drafter"),
            Move("review", _("核稿通过"), "reviewing", "countersigning|signing", "reviewer", "", "tags"),
            Move("countersigned", _("会签完成"), "countersigning", "signing", "system"),
            Move("sign", _("签发"), "signing", "signed", "signer", "", "tags"),
            Move("send_back", _("退回修改"), "reviewing countersigning signing", "drafted", "reviewer signer system", "", "tags"),
            Move("issue", _("编号印发"), "signed", "issued|closed", "registrar"),
            Move("void", _("作废"), f"drafted {WAITS}", "void", "drafter registrar", "", "tags"),
            Move("receive", _("签收"), "issued closed", STAY, "recipient system"),
            Move("finish", _("办结"), "issued", "closed", "system"),
        ),
        clocks=(
            *_cards("reviewing", "1wd", "handler_org"),
            *_cards("signing", "1wd", "handler_org"),
            *_cards("signed", "1wd", "handler_org"),
        ),
        choose={"review": hooks.asked_or_not, "issue": hooks.owed_or_not},
    )
)  # fmt: skip

COUNTERSIGN = register(
    Flow(
        kind="document_countersign",
        own_parts="countersigner",
        label=_("会签"),
        first="asked",
        final="agreed objected cancelled",
        dots="送会",
        dot_words=_("送会签 会签"),
        link=hooks.link_of,
        panels=hooks.panel_of,
        ahead="agree",
        steps=(
            Step("asked", _("待会签"), 1, "waiting"),
            Step("agreed", _("已会签"), 2, "done"),
            Step("objected", _("有不同意见"), 2, "done"),
            Step("cancelled", _("已撤回"), 1, "done"),
        ),
        moves=(
            Move("agree", _("同意"), "asked", "agreed", "countersigner", "", "tags"),
            Move("object", _("提出不同意见"), "asked", "objected", "countersigner", "", "tags"),
            Move("cancel", _("撤回"), "asked", "cancelled", "system"),
        ),
        clocks=_cards("asked", "2wd", "handler_org"),
    )
)  # fmt: skip

REPLY = register(
    Flow(
        kind="document_reply",
        own_parts="recipient issuer",
        label=_("公文回复"),
        first="pending",
        final="accepted cancelled",
        dots="送复认",
        dot_words=_("送达 回复 认定"),
        link=hooks.link_of,
        panels=hooks.panel_of,
        ahead="answer accept",
        steps=(
            Step("pending", _("待送达"), 0, "waiting"),
            Step("asked", _("待回复"), 1, "waiting"),
            Step("replied", _("待认定"), 2, "verify"),
            Step("accepted", _("已认定"), 3, "done"),
            Step("cancelled", _("已撤回"), 1, "done"),
        ),
        moves=(
            Move("deliver", _("送达"), "pending", "asked", "system", "until"),
            Move("answer", _("回复"), "asked", "replied", "recipient", "", "tags"),
            Move("accept", _("回复符合要求"), "replied", "accepted", "issuer", "", "tags"),
            Move("ask_again", _("退回补充"), "replied", "asked", "issuer", "until", "tags"),
            Move("extend", _("延长回复期限"), "asked", "asked", "issuer", "until", "tags"),
            Move("urge", _("催办"), "asked", STAY, "issuer system"),
            Move("cancel", _("撤回"), "pending asked replied", "cancelled", "system"),
        ),
        clocks=(
            # The norm is the date the letter names: `hooks.run_until` sets it.
            *_cards("asked", "14d", "handler_org"),
            Clock("asked", "14d", "escalate", 1.5, "handler_org reporter"),
            *_cards("replied", "5wd", "handler_org"),
        ),
        before={
            "deliver": hooks.run_until,
            "answer": hooks.to_the_issuer,
            "ask_again": hooks.back_to_the_recipient,
            "extend": hooks.run_until,
        },
    )
)  # fmt: skip
