"""Surveys: made without code, their sample and margin before, answered on a phone, results after."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.kit.tables_out import write_xlsx
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name, world
from tongxin.ui.paging import page_of

from .. import actions
from ..forms import AnswerForm, QuestionForm, SampleForm, SurveyForm, TokenForm
from ..models import Questionnaire, Stratum
from ..models.common import keeps
from ..queries import surveys as asked
from ..queries.estimates import size_for
from .common import FORM, PAGE, ask, bound, draw, kept_paths, own_paths, show

TONES = {"draft": "idle", "open": "working", "closed": "verify", "published": "done"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIPS = 200
ANSWERED = "taking_part_answered"


@login_required
@require_safe
def surveys(request: SignedIn) -> HttpResponse:
    """List the surveys of one's land."""
    own_paths(request)
    rows = Questionnaire.objects.visible_to(request.user).select_related("region")
    page, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    context = {
        "rows": [{"one": one, "tone": TONES[one.state], "place": place_name(one.region.path)} for one in page],
        "next_cursor": following, "may_make": bool(kept_paths(request)),
    }  # fmt: skip
    return show(request, "surveys", context, tab="surveys")


def _regions(request: SignedIn) -> Any:
    """Return the lands over which the reader makes surveys: their own, down to communities."""
    paths = kept_paths(request)
    ids = [
        land.id
        for land in world().lands
        if paths
        and land.level in ("district", "street", "community")
        and land.path.startswith(paths)
    ]
    return Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Begin a questionnaire."""
    form = SurveyForm(bound(request), regions=_regions(request), initial={"key": uuid4()})

    def act() -> str:
        given = form.cleaned_data | {"key": form.cleaned_data["key"] or None}
        made = actions.make_survey(by=request.user, at=now(), **given)
        return reverse("taking_part:survey-desk", args=[made.pk])

    return ask(
        request, form, act, done=_("已建好，接着编题和抽样。"), tab="surveys", heading=_("组织调查"),
        lede=_("答卷匿名：系统也查不出谁答了什么。"), verb=_("下一步"),
        back=reverse("taking_part:surveys"),
    )  # fmt: skip


def _survey(request: SignedIn, pk: int) -> Questionnaire:
    rows = Questionnaire.objects.visible_to(request.user).select_related("region", "formula")
    return get_object_or_404(rows, pk=pk)


def _conditions(questions: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (f"{q['code']}={value}", _("“%(text)s”答“%(value)s”时") % {"text": q["text"][:20], "value": words})
        for q in questions if q["kind"] in ("scale", "choice", "multi")
        for value, words in asked.options_of(q)
    ]  # fmt: skip


@login_required
@require_http_methods(FORM)
def survey(request: SignedIn, pk: int) -> HttpResponse:
    """Show a survey to those who look after it: questions, sample and margins, then results."""
    one = _survey(request, pk)
    keeper = keeps(request.user, one.region.path)
    mends = _mended(one, request.GET.get("edit", ""))
    earlier = one.questions[: one.questions.index(mends)] if mends else one.questions
    form = QuestionForm(bound(request), conditions=_conditions(earlier), mends=mends)
    status = 200
    if request.method == "POST" and keeper:
        if form.is_valid() and _keep_question(request, one, form, mends):
            return redirect("taking_part:survey-desk", pk)
        status = 422
    plan = asked.plan_of(one)
    is_over = one.state in ("closed", "published")
    context: dict[str, Any] = {
        "one": one, "tone": TONES[one.state], "place": place_name(one.region.path), "keeper": keeper,
        "questions": _told(one), "form": form, "plan": plan,
        "sizes": [(percent, size_for(percent / 100, plan.population)) for percent in (10, 5, 3)] if plan.population else [],
        "link": request.build_absolute_uri(reverse("taking_part:survey", args=[pk])) if one.takes_open else "",
        "may_write": keeper and one.state == "draft", "mends": mends,
    }  # fmt: skip
    if is_over:
        context |= _results_context(one)
        context["texts"] = [
            (q["text"], asked.texts_of(one, q["code"])) for q in one.questions if q["kind"] == "text"
        ] if keeper else []  # fmt: skip
    return show(request, "survey_desk", context, tab="surveys", status=status)


def _mended(one: Questionnaire, code: str) -> dict[str, Any] | None:
    """Return the question that is to be mended, if a draft has it."""
    if one.state != "draft":
        return None
    return next((q for q in one.questions if q["code"] == code), None)


def _keep_question(
    request: SignedIn, one: Questionnaire, form: QuestionForm, mends: dict[str, Any] | None
) -> bool:
    """Add the question of a form, or mend one; False with the refusal beside its field."""
    given = dict(form.cleaned_data)
    code, _eq, value = given.pop("show_if").partition("=")
    given |= {"show_if": (code, value), "by": request.user, "at": now()}
    try:
        if mends is None:
            actions.add_question(one, **given)
        else:
            actions.edit_question(one, mends["code"], **given)
    except Refused as refusal:
        form.take(refusal)
        return False
    messages.success(request, _("已加上。") if mends is None else _("已改好。"))
    return True


@login_required
@require_safe
def preview(request: SignedIn, pk: int) -> HttpResponse:
    """Show a questionnaire as those asked will see it; nothing is sent."""
    one = _survey(request, pk)
    form = AnswerForm(None, questions=one.questions)
    return draw(request, "answer", _answering(one, form) | {"is_preview": True, "running": True})


def _answering(one: Questionnaire, form: AnswerForm) -> dict[str, Any]:
    """Return what the page of questions needs: each with its rule, and whether it is asked now."""
    open_now = set(form.asked())
    rules = {q["code"]: q.get("show_if") for q in one.questions}
    return {
        "one": one, "form": form,
        "fields": [(field, rules[field.name], field.name in open_now) for field in form],
        "minutes": max(1, round(len(one.questions) / 4)),
    }  # fmt: skip


def _told(one: Questionnaire) -> list[dict[str, Any]]:
    texts = {q["code"]: q["text"] for q in one.questions}
    kinds = {"scale": _("打分"), "choice": _("单选"), "multi": _("多选"), "number": _("数字"), "text": _("文字")}  # fmt: skip
    words = {q["code"]: dict(asked.options_of(q)) for q in one.questions}
    found = []
    for q in one.questions:
        rule = q.get("show_if")
        told = _("“%(text)s”答“%(value)s”时才问") % {
            "text": texts[rule["code"]], "value": words[rule["code"]].get(rule["value"], ""),
        } if rule else ""  # fmt: skip
        found.append({**q, "kind_words": kinds[q["kind"]], "told": told, "choices": list(words[q["code"]].values())})  # fmt: skip
    return found


def _results_context(one: Questionnaire) -> dict[str, Any]:
    results, trend = asked.results_of(one), asked.trend_of(one)
    chart = {
        "kind": "line", "x": [row["wave"] for row in trend], "unit": "",
        "series": [{"name": one.formula.name if one.formula else "", "data": [row["value"] for row in trend]}],
    }  # fmt: skip
    return {
        "results": results,
        "trend": trend if len(trend) > 1 else [],
        "chart": chart,
        "trend_rows": [(row["wave"], [row["value"]]) for row in trend],
    }


@login_required
@require_POST
def question(request: SignedIn, pk: int, code: str, how: str) -> HttpResponse:
    """Move a question, or remove it."""
    actions.change_question(_survey(request, pk), code, how=how, by=request.user, at=now())
    return redirect("taking_part:survey-desk", pk)


@login_required
@require_http_methods(FORM)
def sample(request: SignedIn, pk: int) -> HttpResponse:
    """Draw the sample: people of each community, how many are asked."""
    one = _survey(request, pk)
    known = {row.community_id: row.population for row in one.strata.all()}
    communities = [
        (land.id, land.short_name)
        for land in world().lands
        if land.level == "community" and land.path.startswith(one.region.path)
    ]
    form = SampleForm(
        bound(request), communities=communities, known=known,
        initial={"total": sum(row.wanted for row in one.strata.all()) or None},
    )  # fmt: skip
    back = reverse("taking_part:survey-desk", args=[pk])

    def act() -> str:
        actions.draw_sample(
            one, populations=form.populations(), total=form.cleaned_data["total"], by=request.user,
            at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("已按比例分到各社区，看看误差够不够小。"), tab="surveys",
        heading=_("抽样"), lede=_("填各社区的总户数，按比例分样本，每个社区至少 5 份。"), verb=_("分配样本"),
        back=back,
    )  # fmt: skip


@login_required
@require_POST
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Open a survey, end it, publish its results."""
    acts = {
        "open": (actions.open_survey, _("调查已开始。")),
        "close": (actions.close_survey, _("调查已结束，可以看结果。")),
        "publish": (actions.publish_survey, _("结果已公布。")),
    }
    if name not in acts:
        raise NotFound(_("没有这个操作。"))
    act, done = acts[name]
    act(_survey(request, pk), by=request.user, at=now())  # type: ignore[operator]
    messages.success(request, done)
    return redirect("taking_part:survey-desk", pk)


@login_required
@require_safe
def slips(request: SignedIn, pk: int) -> HttpResponse:
    """Print the invitations of a community: a slip each, with its code and address."""
    import segno

    one = _survey(request, pk)
    if one.state != "open" or not keeps(request.user, one.region.path):
        raise NotFound(_("调查开始后才能打印邀请码。"))
    strata = list(one.strata.select_related("community").order_by("community__path"))
    code = request.GET.get("community", "")
    stratum = next((row for row in strata if row.community.code == code), strata[0] if strata else None)  # fmt: skip
    if stratum is None:
        raise NotFound(_("这次调查没有抽样。"))
    found = []
    for invite in stratum.invites.filter(is_used=False).order_by("n")[:SLIPS]:
        token = asked.token_of(invite.pk)
        url = request.build_absolute_uri(reverse("taking_part:answer", args=[token]))
        found.append({"n": invite.n, "token": token, "qr": segno.make(url, error="m").svg_inline(scale=3)})  # fmt: skip
    context = {"one": one, "strata": strata, "stratum": stratum, "slips": found}
    return draw(request, "slips", context)


@login_required
@require_safe
def export(request: SignedIn, pk: int) -> HttpResponse:
    """Give the results as XLSX; what is hidden on the page is hidden there."""
    one = _survey(request, pk)
    results = asked.results_of(one)
    rows = []
    for q in results.questions:
        if q["mean"] is not None:
            rows.append([q["text"], _("平均"), q["n"], q["mean"], f"± {q['margin']}", "", ""])
        rows += [
            [q["text"], row["text"], "<5" if row["n"] is None else row["n"], "", "", row["share"], _interval(row)]
            for row in q["rows"]
        ]  # fmt: skip
    if results.index:
        rows.append([results.index["name"], "", results.index["n"], results.index["value"], f"± {results.index['margin']}", "", ""])  # fmt: skip
    rows += [[_("分地区"), row["name"], row["n"], row["value"], f"± {row['margin']}", "", ""] for row in results.places]  # fmt: skip
    buffer = BytesIO()
    header = [
        _("题目"),
        _("选项"),
        _("人数"),
        _("数值"),
        _("误差"),
        _("比例（%）"),
        _("95% 区间（%）"),
    ]
    write_xlsx(buffer, header, rows, sheet=one.title[:31])
    response = HttpResponse(buffer.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="survey-{one.pk}.xlsx"'
    return response


def _interval(row: dict[str, Any]) -> str:
    return "" if row["low"] is None else f"{row['low']}–{row['high']}"


# Who answers.


@never_cache
@require_http_methods(FORM)
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer by the token of an invitation; nobody signs in."""
    invite = asked.invite_of(token)
    one = invite.stratum.questionnaire
    if request.method != "POST" and invite.is_used:
        return draw(request, "thanks", {"one": one, "is_used": True})
    return _fill(request, one, lambda given: actions.answer_by_token(token, given, at=now()))


def _fill(request: HttpRequest, one: Questionnaire, keep) -> HttpResponse:
    form = AnswerForm(bound(request), questions=one.questions)
    status, remedy = 200, ""
    more = len(form.unseen()) if request.method == "POST" else 0
    if request.method == "POST" and not more:
        status = 422
        if form.is_valid():
            try:
                keep(form.cleaned_data)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, refusal.remedy
            else:
                return draw(request, "thanks", {"one": one})
    running = one.state == "open" and one.opens_on <= localdate() <= one.closes_on
    context = _answering(one, form) | {"remedy": remedy, "more": more, "running": running}
    return draw(request, "answer", context, status=status)


@require_http_methods(FORM)
def public(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a survey to everybody: the way to answer while it runs, the results once published."""
    one = get_object_or_404(
        Questionnaire.objects.public().select_related("region", "formula"), pk=pk
    )
    if one.state == "published":
        return draw(request, "results", {"one": one, "place": place_name(one.region.path), **_results_context(one)})  # fmt: skip
    form = TokenForm(bound(request) if "token" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            asked.invite_of(form.cleaned_data["token"])
        except Refused as refusal:
            form.take(refusal)
        else:
            return redirect("taking_part:answer", form.cleaned_data["token"].lower())
    doors = _doors(request, one)
    answered = pk in request.session.get(ANSWERED, [])
    context = {"one": one, "place": place_name(one.region.path), "form": form, "answered": answered, "doors": doors}  # fmt: skip
    return draw(request, "survey", context, status=422 if form.errors else 200)


def _doors(request: HttpRequest, one: Questionnaire) -> list[Stratum]:
    """Return the communities of the sample in which the reader goes from door to door."""
    if not request.user.is_authenticated:
        return []
    rows = one.strata.select_related("community").order_by("community__path")
    return [row for row in rows if actions.works_in(request.user, row.community.path)]


@never_cache
@require_http_methods(FORM)
def open_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer by the open link, once a browser; shown apart from the sample."""
    one = get_object_or_404(Questionnaire.objects.public(), pk=pk, takes_open=True, state="open")
    if pk in request.session.get(ANSWERED, []):
        return draw(request, "thanks", {"one": one, "is_used": True})

    def keep(given: dict[str, Any]) -> None:
        actions.answer_openly(one, given, at=now())
        request.session[ANSWERED] = [*request.session.get(ANSWERED, []), pk][-20:]

    return _fill(request, one, keep)


@login_required
@never_cache
@require_http_methods(FORM)
def door(request: SignedIn, pk: int, stratum: int) -> HttpResponse:
    """Write down what somebody says at their door."""
    one = get_object_or_404(Questionnaire.objects.public(), pk=pk, state="open")
    row = next((found for found in _doors(request, one) if found.pk == stratum), None)
    if row is None:
        raise NotFound(_("这个社区不归您入户。"))
    return _fill(
        request, one, lambda given: actions.answer_at_the_door(row, given, by=request.user, at=now())
    )  # fmt: skip
