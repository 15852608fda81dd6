"""The approvals of a subject: opened from a template, planned, handed in, decided; the three dates."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from ..models import (
    AllianceProject,
    ApprovalChain,
    ApprovalItem,
    ChainStep,
    Dossier,
    Gate,
    Letter,
    Prerequisite,
)
from ..models.alliances import own_orgs
from ..queries.dossiers import covered_on
from ..queries.parts import decides, keeps_dossier
from ..queries.paths import circle
from .common import BadDay, must, not_to_come, text
from .satisfaction import ask_owner

DATA = Path(__file__).parent.parent / "data"
DATES = {"begun": gettext_lazy("开工"), "built": gettext_lazy("建成"), "used": gettext_lazy("使用")}
GOOD = (ApprovalItem.State.GRANTED, ApprovalItem.State.CONDITIONAL)
VERDICTS = (*GOOD, ApprovalItem.State.REFUSED)
DECIDING = (Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT)
SAMPLE = "样例，供各区按实际修改"


class Circular(Invalid):
    """Approvals would wait for each other in a circle."""


class MustWait(Refused):
    """Something else must be there first, or a letter it rests on has expired."""


class BeforeItsLetter(BadDay):
    """A permit is not older than the letter that stood for it."""


class DossierThere(Refused):
    """The subject has its approvals already."""


def load_chains() -> int:
    """Bring in the sample templates that are not there yet; return how many are new."""
    made = 0
    with (DATA / "chains.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = set(ApprovalChain.objects.values_list("code", "version"))
    chains: dict[tuple[str, str], ApprovalChain] = {}
    for row in rows:
        key = (row["chain"], row["version"])
        if key in known:
            continue
        if key not in chains:
            made += 1
            chains[key] = ApprovalChain.objects.create(
                code=key[0], version=key[1], name=row["chain_name"], source=SAMPLE, is_sample=True,
                effective_from=date.fromisoformat(row["effective_from"]),
            )  # fmt: skip
        names = ("code", "name", "department", "after", "gate", "mark")
        ChainStep.objects.create(
            chain=chains[key], order=int(row["order"]), days=int(row["days"]),
            is_milestone=row["is_milestone"] == "1", **{name: row[name] for name in names},
        )  # fmt: skip
    return made


@transaction.atomic
def open_dossier(
    *, subject: tuple[str, str, str, str], region: Region, keeper: Org, starts_on: date, by: User,
    at: datetime, owner: Org | None = None, chain: ApprovalChain | None = None,
    project: AllianceProject | None = None, planned: tuple[date | None, date | None, date | None] = (None, None, None),
) -> Dossier:  # fmt: skip
    """Open the approvals of a subject (kind, id, label, address), from a template or empty.

    `keeper` leads the work; `planned` are the days on which it shall be begun, built, used (S1.45).

    :raises NotYours: unless `by` is an officer over the land or answers for the keeper
    :raises DossierThere, BadDay:
    """
    kind, pk, label, url = subject
    if project is None:
        allowed = "officer" in roles_over(by, region.path) or keeper.pk in own_orgs(by)
        must(allowed, what=_("建立审批档案"))
    _check_planned(starts_on, planned)
    try:
        with transaction.atomic():
            dossier = Dossier.objects.create(
                source_kind=text(kind, "kind", limit=30), source_id=text(pk, "id", limit=60),
                source_label=text(label, _("对象"), limit=100), source_url=text(url, "url", required=False),
                region=region, owner=owner, keeper=keeper, chain=chain, project=project,
                starts_on=starts_on, plan_begun_on=planned[0], plan_built_on=planned[1],
                plan_used_on=planned[2], by=by, at=at,
            )  # fmt: skip
    except IntegrityError:
        raise DossierThere(_("“%s”已有审批档案。") % label) from None
    if chain is not None:
        _follow(dossier, chain)
    return dossier


def _check_planned(starts_on: date, planned: Iterable[date | None]) -> None:
    before = starts_on
    for name, day in zip(DATES, planned, strict=True):
        if day is None:
            continue
        if day < before:
            raise BadDay(
                _("计划%(what)s日期不能早于 %(day)s。") % {"what": DATES[name], "day": before},
                field=f"plan_{name}_on",
            )
        before = day


def _follow(dossier: Dossier, chain: ApprovalChain) -> None:
    """Write the approvals of a template, each with the department of the place that has its name."""
    steps = list(chain.steps.order_by("order"))
    here = Org.objects.public().filter(
        region__path__in=[*prefixes(dossier.region.path)], kind__in=DECIDING
    )
    orgs = list(here.order_by("-region__path", "pk"))

    def named(name: str) -> Org | None:
        """Registers write 滨海新区生态环境局 where a template says 生态环境局."""
        return next((org for org in orgs if org.name.endswith(name)), None)

    made = {
        step.code: ApprovalItem.objects.create(
            dossier=dossier, order=step.order, code=step.code, name=step.name, days=step.days,
            department=named(step.department), department_name=step.department,
            gate=step.gate, mark=step.mark,
            is_milestone=step.is_milestone,
        )
        for step in steps
    }  # fmt: skip
    Prerequisite.objects.bulk_create(
        Prerequisite(item=made[step.code], needed=made[code])
        for step in steps
        for code in step.after.split()
    )


def locked(dossier: Dossier) -> Dossier:
    rows = Dossier.objects.select_for_update(of=("self",))
    return rows.select_related(
        "region", "project__desk", "project__alliance__region", "project__contact"
    ).get(pk=dossier.pk)


@transaction.atomic
def add_approval(
    dossier: Dossier, *, name: str, department: Org | None, days: int, by: User, at: datetime,
    department_name: str = "", after: Iterable[ApprovalItem] = (), gate: str = "",
    is_milestone: bool = False,
) -> ApprovalItem:  # fmt: skip
    """Add an approval that the template does not have. :raises NotYours, Invalid:"""
    dossier = locked(dossier)
    must(keeps_dossier(by, dossier), what=_("增加审批事项"))
    if not 1 <= days <= 365:
        raise Invalid(_("承诺时限应在 1 到 365 个工作日之间。"), field="days")
    if gate and gate not in Gate.values:
        raise Invalid(_("请选择把关环节。"), field="gate")
    last = dossier.items.order_by("-order").first()
    order = last.order + 1 if last else 1
    named = department.name if department else department_name
    item = ApprovalItem.objects.create(
        dossier=dossier, order=order, code=f"own-{order}", name=text(name, _("审批事项"), limit=60),
        department=department, department_name=text(named, _("审批部门"), limit=60), days=days,
        gate=gate, is_milestone=is_milestone, by=by,
    )  # fmt: skip
    for other in after:
        link_approvals(item, needed=other, by=by, at=at)
    return item


@transaction.atomic
def link_approvals(
    item: ApprovalItem, *, needed: ApprovalItem, by: User, at: datetime
) -> Prerequisite:
    """Let one approval wait for another. :raises NotYours, Circular, Invalid:"""
    dossier = locked(item.dossier)
    must(keeps_dossier(by, dossier), what=_("调整前置关系"))
    if needed.dossier_id != item.dossier_id:
        raise Invalid(_("只能在同一档案的事项之间设前置。"), field="needed")
    links = Prerequisite.objects.filter(item__dossier=dossier)
    needs: dict[str, set[str]] = {}
    for one, other in links.values_list("item__code", "needed__code"):
        needs.setdefault(one, set()).add(other)
    needs.setdefault(item.code, set()).add(needed.code)
    if found := circle(needs):
        names = dict(dossier.items.values_list("code", "name"))
        words = " → ".join(names[code] for code in [*found, found[0]])
        raise Circular(_("前置关系成了循环：%s。请先去掉其中一条。") % words, field="needed")
    link, _made = Prerequisite.objects.get_or_create(item=item, needed=needed)
    return link


@transaction.atomic
def unlink_approvals(item: ApprovalItem, *, needed: ApprovalItem, by: User, at: datetime) -> int:
    """Let one approval no longer wait for another. :raises NotYours:"""
    must(keeps_dossier(by, locked(item.dossier)), what=_("调整前置关系"))
    return Prerequisite.objects.filter(item=item, needed=needed).delete()[0]


def locked_item(item: ApprovalItem) -> ApprovalItem:
    """Return the approval as it stands, its dossier locked: letters and permits wait for each other."""
    dossier = locked(item.dossier)
    found = ApprovalItem.objects.select_for_update(of=("self",)).select_related("department").get(
        pk=item.pk
    )  # fmt: skip
    found.dossier = dossier
    return found


@transaction.atomic
def plan_approval(item: ApprovalItem, *, on: date | None, by: User, at: datetime) -> ApprovalItem:
    """Say by which day an approval is planned. :raises NotYours, BadDay: before the start"""
    item = locked_item(item)
    must(keeps_dossier(by, item.dossier), what=_("排审批计划"))
    if on is not None:
        not_before_start(item.dossier, on, field="planned_on")
    if on != item.planned_on:
        item.planned_on, item.reminded = on, 0  # another day rings anew
        item.save(update_fields=["planned_on", "reminded"])
    return item


def not_before_start(dossier: Dossier, on: date, *, field: str) -> None:
    """:raises BadDay: for a day before the subject came in"""
    if on < dossier.starts_on:
        raise BadDay(_("日期不能早于项目启动日期 %s。") % dossier.starts_on, field=field)


def check_rests(item: ApprovalItem, on: date) -> None:
    """:raises MustWait: unless all it waits for is there on that day, by a permit or a valid letter"""
    for link in item.needs.select_related("needed").prefetch_related("needed__letters"):
        if not covered_on(link.needed, on):
            raise _lacking(link.needed, item.name, on)


def _lacking(needed: ApprovalItem, what: str, on: date) -> MustWait:
    letter = max(needed.letters.all(), key=lambda one: one.valid_until, default=None)
    if letter is not None and letter.replaced_on is None and letter.valid_until < on:
        words = {
            "what": what,
            "needed": needed.name,
            "number": letter.number,
            "day": letter.valid_until,
        }
        return MustWait(
            _("%(what)s要以“%(needed)s”为前提，代证的函 %(number)s 已于 %(day)s 到期，不能再作依据。") % words,
            remedy=_("请先取得正式批文。"),
        )  # fmt: skip
    return MustWait(
        _("%(what)s要等“%(needed)s”。") % {"what": what, "needed": needed.name},
        remedy=_("可以先办前置事项，或由审批部门出具以函代证的函。"),
    )


@transaction.atomic
def submit_approval(item: ApprovalItem, *, on: date, by: User, at: datetime) -> ApprovalItem:
    """Write down that an approval was handed in; what it rests on must be there by then.

    :raises NotYours, BadDay, MustWait, Refused:
    """
    item = locked_item(item)
    must(decides(by, item), what=_("登记申报"))
    if item.is_granted:
        raise Refused(_("“%s”已批准。") % item.name)
    not_to_come(on, at, field="on")
    not_before_start(item.dossier, on, field="on")
    check_rests(item, on)
    item.state, item.submitted_on, item.decided_on = ApprovalItem.State.SUBMITTED, on, None
    item.by = by
    item.save()
    return item


@transaction.atomic
def decide_approval(
    item: ApprovalItem, *, state: str, on: date, by: User, at: datetime, document: str = "",
    conditions: str = "",
) -> ApprovalItem:  # fmt: skip
    """Write down what became of an approval: granted, with conditions, refused.

    The permit replaces the letter that stood for it. After a milestone the owner is asked (S0.10).

    :raises NotYours, BadDay, BeforeItsLetter, MustWait, Invalid, Refused:
    """
    item = locked_item(item)
    must(decides(by, item), what=_("登记审批结果"))
    return settle(item, state=state, on=on, by=by, at=at, document=document, conditions=conditions)


def settle(
    item: ApprovalItem, *, state: str, on: date, by: User, at: datetime, document: str,
    conditions: str,
) -> ApprovalItem:  # fmt: skip
    """Judge and write a result; the caller has locked the item and asked who may."""
    if state not in VERDICTS:
        raise Invalid(_("请选择审批结论。"), field="state")
    if item.is_granted:
        raise Refused(_("“%s”已批准，不能再改。") % item.name)
    not_to_come(on, at, field="on")
    not_before_start(item.dossier, on, field="on")
    if item.submitted_on is not None and on < item.submitted_on:
        raise BadDay(_("办结日期不能早于申报日期 %s。") % item.submitted_on, field="on")
    conditions = text(conditions, _("条件"), limit=300, required=False)
    if state != ApprovalItem.State.GRANTED and not conditions:
        what = _("条件") if state == ApprovalItem.State.CONDITIONAL else _("不予批准的理由")
        raise Invalid(_("请写明%s。") % what, field="conditions")
    if state in GOOD:
        check_rests(item, on)
        _replace_letter(item, on)
    item.state, item.decided_on, item.conditions, item.by = state, on, conditions, by
    item.submitted_on = item.submitted_on or on
    item.document = text(document, _("批文号"), limit=60, required=False)
    item.save()
    if state in GOOD and item.is_milestone and item.dossier.project is not None:
        ask_owner(item.dossier.project, moment=f"approval:{item.pk}", label=item.name, at=at)
    return item


def _replace_letter(item: ApprovalItem, on: date) -> None:
    """The permit takes the place of the letter. :raises BeforeItsLetter:"""
    letter = Letter.objects.select_for_update().filter(item=item, replaced_on=None).first()
    if letter is None:
        return
    if on < letter.issued_on:
        words = {"day": letter.issued_on, "number": letter.number}
        raise BeforeItsLetter(
            _("批文日期不能早于代证的函 %(number)s 的出具日期 %(day)s。") % words, field="on"
        )
    letter.replaced_on = on
    letter.save(update_fields=["replaced_on"])


# The three dates (S1.45).


@transaction.atomic
def plan_dates(
    dossier: Dossier, *, begun: date | None, built: date | None, used: date | None, by: User,
    at: datetime,
) -> Dossier:  # fmt: skip
    """Plan the days on which a subject is begun, built and used. :raises NotYours, BadDay:"""
    dossier = locked(dossier)
    must(keeps_dossier(by, dossier), what=_("排建设计划"))
    _check_planned(dossier.starts_on, (begun, built, used))
    dossier.plan_begun_on, dossier.plan_built_on, dossier.plan_used_on = begun, built, used
    dossier.save(update_fields=["plan_begun_on", "plan_built_on", "plan_used_on"])
    return dossier


@transaction.atomic
def mark_date(dossier: Dossier, *, which: str, on: date, by: User, at: datetime) -> Dossier:
    """Write down that a subject was begun, built or used; its gate must be there on that day.

    :raises NotYours, BadDay: before the start or the date before it, or to come
    :raises MustWait: without the permit or a valid letter; while any letter has run out unreplaced
    """
    dossier = locked(dossier)
    must(keeps_dossier(by, dossier), what=_("登记建设节点"))
    if which not in DATES:
        raise Invalid(_("请选择开工、建成或使用。"), field="which")
    what = str(DATES[which])
    not_to_come(on, at, field="on")
    not_before_start(dossier, on, field="on")
    names = list(DATES)
    for earlier in names[: names.index(which)]:
        before = getattr(dossier, f"{earlier}_on")
        if before is None or on < before:
            raise BadDay(
                _("%(what)s之前要先%(before)s，日期也不能更早。") % {"what": what, "before": DATES[earlier]},
                field="on",
            )  # fmt: skip
    for item in dossier.items.prefetch_related("letters").order_by("order"):
        if item.gate == which and not covered_on(item, on):
            raise _lacking(item, what, on)
        if not item.is_granted and _ran_out(item, on):
            raise _lacking(item, what, on)
    setattr(dossier, f"{which}_on", on)
    dossier.save(update_fields=[f"{which}_on"])
    audit(actor=by, action=f"alliances.{which}", object=dossier.source_label, at=at)
    return dossier


def _ran_out(item: ApprovalItem, on: date) -> bool:
    return any(one.replaced_on is None and one.valid_until < on for one in item.letters.all())
