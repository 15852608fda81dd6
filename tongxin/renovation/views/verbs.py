"""What may be done at a place, as a table: who, when, what is asked, which action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate, now
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.queries import SignedIn
from tongxin.cases.flow import Words
from tongxin.orgs.models import Org
from tongxin.ui.forms import Form

from .. import actions, forms, queries
from ..models import FollowUp, ResearchTeam, Site, SitePlan
from .common import kept_photos

PLANNABLE = (SitePlan.State.DRAFT, SitePlan.State.RETURNED)
DEPARTMENTS = (Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT, Org.Kind.PARTY)
LEADS = (
    "dispatcher",
    "officer",
    "secretary",
    "verifier",
    "handler",
    "first_secretary",
    "grid_worker",
)


@dataclass(frozen=True)
class Verb:
    """One thing that may be done. `needs` are words of `queries.may_on`, any of them."""

    name: str
    label: Words
    done: Words
    needs: frozenset[str]
    make: Callable[[SignedIn, Site], Form]
    act: Callable[[SignedIn, Site, Any], Any]
    open: Callable[[Site, queries.Whole], bool]
    lede: Words = ""


def _data(request: SignedIn) -> Any:
    return request.POST if request.method == "POST" else None


def _plain(form: type[Form], **initial: Any) -> Callable[[SignedIn, Site], Form]:
    def make(request: SignedIn, site: Site) -> Form:
        first = {"on": localdate(), "key": uuid4().hex} | initial
        return form(_data(request), request.FILES or None, initial=first)

    return make


def _plan(request: SignedIn, site: Site) -> SitePlan:
    return get_object_or_404(
        SitePlan.objects.visible_to(request.user).select_related("site__campaign"), site=site
    )


def _make_plan(request: SignedIn, site: Site) -> Form:
    choices = {"lead": queries.people_over(site.path, LEADS, localdate())}
    return forms.PlanForm(_data(request), choices=choices, initial={"mode": "renovate"})


def _change_plan(request: SignedIn, site: Site) -> Form:
    plan = _plan(request, site)
    first = {"mode": plan.mode, "text": plan.text, "lead": plan.lead_id, "builder": plan.builder,
             "tasks": forms.tasks_as_text(plan.tasks)}  # fmt: skip
    choices = {"lead": queries.people_over(site.path, LEADS, localdate())}
    return forms.PlanForm(_data(request), choices=choices, initial=first)


def _submit(request: SignedIn, site: Site) -> Form:
    return forms.SubmitForm(
        _data(request), choices={"committee": queries.committees_over(site.path)}
    )


def _accept(request: SignedIn, site: Site) -> Form:
    today = localdate()
    criteria = actions.criteria_on(site.campaign, today)
    return forms.AcceptForm(
        _data(request),
        request.FILES or None,
        criteria=criteria,
        initial={"on": today, "key": uuid4().hex},
    )


def _part(request: SignedIn, site: Site) -> Form:
    return forms.PartForm(
        _data(request), choices={"org": queries.orgs_over(site.path, DEPARTMENTS)}
    )


def _charge(request: SignedIn, site: Site) -> Form:
    leaders = queries.people_over(site.path, ("leader", "secretary"), localdate())
    return forms.ChargeForm(_data(request), choices={"leader": leaders})


def _visit(request: SignedIn, site: Site) -> Form:
    teams = queries.teams_at(request.user, site)
    choices = {
        "leader": queries.visitors_at(site, teams, localdate()),
        "org": queries.orgs_over(site.path, DEPARTMENTS),
        "team": ResearchTeam.objects.visible_to(request.user).filter(pk__in=[t.pk for t in teams]),
    }
    first = {"on": localdate(), "leader": request.user.pk, "key": uuid4().hex}
    form = forms.VisitForm(_data(request), request.FILES or None, choices=choices, initial=first)
    if not teams:
        del form.fields["team"]
    return form


def _mark(request: SignedIn, site: Site) -> Form:
    rows = FollowUp.objects.visible_to(request.user).filter(campaign=site.campaign).order_by("pk")
    return forms.MarkForm(_data(request), choices={"follow_up": rows}, initial={"on": localdate()})


def _do_report(request: SignedIn, site: Site, form: Form) -> Any:
    given, at = form.cleaned_data, now()
    photos = kept_photos(request, given, at)
    return actions.report(
        site, text=given["text"], on=given["on"], photos=photos, by=request.user, at=at, key=given["key"]
    )  # fmt: skip


def _do_decide(request: SignedIn, site: Site, form: Form) -> Any:
    given = form.cleaned_data
    return actions.decide_plan(
        _plan(request, site), approve=given["approve"] == "yes", decision=given["decision"],
        on=given["on"], by=request.user, at=now(),
    )  # fmt: skip


def _do_stage(request: SignedIn, site: Site, form: Form) -> Any:
    plan = _plan(request, site)
    stage = plan.stages.filter(done_on=None).order_by("place").first()
    code = stage.code if stage else ""
    return actions.finish_stage(
        plan, code=code, on=form.cleaned_data["on"], by=request.user, at=now()
    )


def _do_slip(request: SignedIn, site: Site, form: Form) -> Any:
    plan = _plan(request, site)
    stage = plan.stages.filter(done_on=None).order_by("place").first()
    if stage is None:
        raise actions.PlanClosed(_("各道工序都已完成。"))
    return actions.ask_slip(stage, **form.cleaned_data, by=request.user, at=now())


def _do_accept(request: SignedIn, site: Site, form: Any) -> Any:
    given, at = form.cleaned_data, now()
    return actions.accept_site(
        site, answers=form.answers(), photos=kept_photos(request, given, at), on=given["on"],
        words=given["words"], by=request.user, at=at, key=given["key"],
    )  # fmt: skip


def _do_move_in(request: SignedIn, site: Site, form: Form) -> Any:
    given, at = form.cleaned_data, now()
    photos = kept_photos(request, given, at)
    return actions.move_in(
        site, text=given["text"], on=given["on"], photos=photos, by=request.user, at=at
    )


def _do_visit(request: SignedIn, site: Site, form: Form) -> Any:
    given, at = form.cleaned_data, now()
    decisions = [{name: given[name] for name in ("org", "what", "due_on")}] if given["org"] else []
    return actions.record_visit(
        site, leader=given["leader"], text=given["text"], on=given["on"], decisions=decisions,
        photos=kept_photos(request, given, at), by=request.user, at=at, key=given["key"],
        team=given.get("team"),
    )  # fmt: skip


def _simple(action: Callable[..., Any]) -> Callable[[SignedIn, Site, Form], Any]:
    """Return the act that hands all of a form to an action of a place."""

    def act(request: SignedIn, site: Site, form: Form) -> Any:
        given = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        return action(site, **given, by=request.user, at=now())

    return act


def _of_plan(action: Callable[..., Any]) -> Callable[[SignedIn, Site, Form], Any]:
    def act(request: SignedIn, site: Site, form: Form) -> Any:
        given = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        return action(_plan(request, site), **given, by=request.user, at=now())

    return act


def _do_mark(request: SignedIn, site: Site, form: Form) -> Any:
    given = form.cleaned_data
    return actions.mark_follow_up(
        given["follow_up"], site=site, note_text=given["note_text"], on=given["on"], by=request.user, at=now()
    )  # fmt: skip


def _in(*states: str) -> Callable[[Site, queries.Whole], bool]:
    return lambda site, whole: site.state in states


def _plan_in(*states: str) -> Callable[[Site, queries.Whole], bool]:
    return lambda site, whole: whole.plan is not None and whole.plan.state in states


def _counts(site: Site, whole: queries.Whole) -> bool:
    return site.state != "exempt"


def _stage_open(site: Site, whole: queries.Whole) -> bool:
    """Say whether a stage but acceptance may be finished now."""
    left = [stage for stage in whole.stages if not stage.done_on]
    if not left or left[0].code == "accept" or whole.plan is None:
        return False
    return left[0].code != "build" or whole.plan.started_on is not None


def _slip_open(site: Site, whole: queries.Whole) -> bool:
    return any(not stage.done_on for stage in whole.stages) and not whole.slips


def _may_start(site: Site, whole: queries.Whole) -> bool:
    return whole.plan is not None and whole.plan.state == "approved" and not whole.plan.started_on


def _v(name: str, label: Words, done: Words, needs: str, *rest: Any) -> Verb:
    """Return a line of the table; `rest` is form, act, when it is open, and what is said above."""
    return Verb(name, label, done, frozenset(needs.split()), *rest)


# The first that is open is the primary button; what comes again and again stands after what leads on.
TABLE = (
    _v("make", _("编制方案"), _("方案已编制，工序已从最后期限倒排。"), "plan", _make_plan, _simple(actions.make_plan), _in("unplanned"), _("一村（居）一策：每个点位只有一个方案。")),
    _v("submit", _("提请审议"), _("已提请审议。"), "plan", _submit, _of_plan(actions.submit_plan), _plan_in(*PLANNABLE)),
    _v("decide", _("登记审议结果"), _("已登记。"), "decide_plan", _plain(forms.DecideForm), _do_decide, _plan_in("submitted")),
    _v("start", _("登记开工"), _("已登记开工。"), "report", _plain(forms.DayForm), _of_plan(actions.start_work), _may_start),
    _v("accept", _("登记验收"), _("验收已登记。"), "accept", _accept, _do_accept, _in("checking"), _("逐项对照标准填写；施工负责人和方案编制人不能验收。")),
    _v("close", _("销号"), _("已销号。"), "issue", _plain(forms.DayForm), _simple(actions.close_out), _in("accepted"), _("按顺序给编号，中间不留空号。")),
    _v("move-in", _("登记入住"), _("已投入使用。"), "report", _plain(forms.MoveInForm), _do_move_in, _in("closed"), _("完成一个、入住一个。")),
    _v("stage", _("完成当前工序"), _("已登记。"), "report", _plain(forms.DayForm), _do_stage, _stage_open),
    _v("report", _("上报进展"), _("进展已记入点位纪实。"), "report", _plain(forms.ReportForm), _do_report, _counts),
    _v("use", _("检查使用"), _("已登记。"), "oversee", _plain(forms.UseForm), _simple(actions.check_use), _in("in_use"), _("符合的打勾；有一项不符就不算规范使用。")),
    _v("trouble", _("上报难点"), _("已上报，街镇会收到提醒。"), "report", _plain(forms.TroubleForm), _simple(actions.raise_difficulty), _counts),
    _v("slip", _("申请调整工序"), _("已提交，等另一人审批。"), "report", _plain(forms.SlipForm), _do_slip, _slip_open, _("只能调整工序，最后期限不变。")),
    _v("area", _("登记面积"), _("面积已登记。"), "report", _plain(forms.AreaForm), _simple(actions.set_area), _counts),
    _v("change", _("修改方案"), _("已保存。"), "plan", _change_plan, _of_plan(actions.change_plan), _plan_in(*PLANNABLE)),
    _v("part", _("交办部门任务"), _("已交办。"), "issue", _part, _simple(actions.give_part), _counts),
    _v("visit", _("登记督导"), _("督导已登记。"), "oversee walk", _visit, _do_visit, _counts),
    _v("charge", _("安排包保"), _("已安排。"), "issue", _charge, _simple(actions.charge), _counts),
    _v("mark", _("登记后续提升"), _("已登记。"), "oversee", _mark, _do_mark, _in("in_use")),
    _v("exempt", _("核准免建"), _("已核准免建。"), "decide_exempt", _plain(forms.ExemptForm), _simple(actions.exempt_site), _in("unplanned", "planned")),
    _v("take-back", _("恢复列入"), _("已恢复列入。"), "decide_exempt", _plain(forms.ReasonForm), _simple(actions.take_back), _in("exempt")),
)  # fmt: skip
VERBS = {verb.name: verb for verb in TABLE}


def verbs_open(site: Site, whole: queries.Whole, may: set[str]) -> list[Verb]:
    """Return what may be done at a place now by who holds these rights, what leads on first."""
    if site.campaign.state == "closed":
        return []
    return [verb for verb in TABLE if verb.needs & may and verb.open(site, whole)]
