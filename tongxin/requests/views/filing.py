"""点单: the form, what it suggests while one types, and what comes after sending."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn, masked_phone
from tongxin.cases.actions import KeyReused
from tongxin.cases.models import Case, Topic
from tongxin.cases.queries import outlined
from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import get_land, region_at

from .. import actions, pages, queries
from ..forms import FilingForm
from ..guessing import Guesser
from ..models import Channel
from ..words import next_words
from .places import place_context, place_given, place_in_words, point_of

SUGGESTED = 3
LEAST_TEXT = 4  # characters before anything is suggested
# What the session keeps while somebody signs in (without scripts; with them the draft does).
KEPT = "filing"
KEPT_FIELDS = ("text", "topic", "street", "region", "lng", "lat", "address")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the form and file what was written."""
    topics = pages.active_topics()
    if request.method == "POST":
        return _sent(request, topics)
    kept = request.session.pop(KEPT, {})
    code = request.GET.get("topic") or kept.get("topic", "")
    topic = _topic_of(code, topics)
    initial = {**kept, "topic": topic.code if topic else ""}
    return _show(request, FilingForm(topic=topic, initial=initial), topics)


def _sent(request: HttpRequest, topics: list[Topic]) -> HttpResponse:
    topic = _topic_of(request.POST.get("pick") or request.POST.get("topic", ""), topics)
    if "look" in request.POST or "pick" in request.POST:  # without scripts: only look again
        again = {name: request.POST.get(name, "") for name in (*KEPT_FIELDS, "key")}
        again["topic"] = topic.code if topic else ""
        return _show(request, FilingForm(topic=topic, initial=again), topics)
    if not request.user.is_authenticated:
        request.session[KEPT] = {name: request.POST.get(name, "") for name in KEPT_FIELDS}
        return redirect_to_login(reverse("requests:new"))
    form = FilingForm(request.POST, request.FILES, topic=topic)
    if not form.is_valid():
        return _show(request, form, topics, status=422)
    if not form.cleaned_data["seen"] and (found := _similar(form.cleaned_data, topic)):
        return _show(request, form, topics, similar=found, asks=True)
    return _file(request, form, topics)


def _file(request: HttpRequest, form: FilingForm, topics: list[Topic]) -> HttpResponse:
    given = form.cleaned_data
    try:
        case = actions.file_request(
            text=given["text"],
            topic=form.topic,
            address=given["address"],
            photos=given["photos"],
            channel=_channel(request.user),
            beneficiary=given["beneficiary"] if given["is_for_other"] else "",
            consent=given["consent"] if given["is_for_other"] else "",
            contact=given["contact"],
            answers=form.answers(),
            is_private=given["is_private"],
            key=given["key"] or None,
            at=now(),
            actor=request.user,
            **place_given(form),
        )
    except KeyReused:
        messages.info(
            request, _("这份内容已经提交过了，请在“我的”里查看。要再提一单，请重新填写。")
        )
        return redirect("requests:mine")
    except Refused as refusal:
        form.take(refusal)
        return _show(request, form, topics, status=refusal.status)
    return redirect("requests:filed", pk=case.pk)


def _channel(user) -> str:
    """Return how it came in: a grid worker's and a desk's filings are for those who cannot."""
    roles = {post.role for post in posts_of(user)}
    if "dispatcher" in roles:
        return Channel.DESK
    return Channel.GRID if "grid_worker" in roles else Channel.WEB


def _show(
    request: HttpRequest,
    form: FilingForm,
    topics: list[Topic],
    *,
    status: int = 200,
    similar: list | None = None,
    asks: bool = False,
) -> HttpResponse:
    user = request.user
    path = pages.last_path(user) if user.is_authenticated and not form.is_bound else ""
    point = point_of({name: form[name].value() or "" for name in ("lng", "lat")})
    text = str(form["text"].value() or "")
    context = {
        "form": form,
        **_topic_context(topics, form.topic, text),
        **place_context(form, path=path),
        "here": place_in_words(point),
        "similar": similar or [],
        "asks": asks,
        "own_phone": masked_phone(user) if user.is_authenticated else "",
    }
    return render(request, "requests/new.html", context, status=status)


def _topic_context(topics: list[Topic], topic: Topic | None, text: str) -> dict[str, Any]:
    return {
        "topic": topic,
        "categories": by_category(topics),
        "suggested": suggested(topics, text, besides=topic),
    }


def by_category(topics: list[Topic]) -> list[tuple[Any, list[Topic]]]:
    groups: dict[int, tuple[Any, list[Topic]]] = {}
    for topic in topics:
        groups.setdefault(topic.category_id, (topic.category, []))[1].append(topic)
    return list(groups.values())


def suggested(topics: list[Topic], text: str, *, besides: Topic | None = None) -> list[Topic]:
    """Return the topics that the words of the text speak for, most likely first."""
    if len(text.strip()) < LEAST_TEXT:
        return []
    found = Guesser(topics).scores(text.partition("\n")[0][:40], text).most_common(SUGGESTED)
    return [topic for topic, _score in found if topic != besides]


def _topic_of(code: str, topics: list[Topic]) -> Topic | None:
    return next((topic for topic in topics if topic.code == code), None)


@require_POST
def suggest(request: SignedIn) -> HttpResponse:
    """Give the topics that fit what has been written, and the questions of the one chosen."""
    topics = pages.active_topics()
    topic = _topic_of(request.POST.get("pick") or request.POST.get("topic", ""), topics)
    form = FilingForm(topic=topic, initial={"topic": topic.code if topic else ""})
    context = {"form": form, **_topic_context(topics, topic, request.POST.get("text", ""))}
    typing = request.htmx.target == "suggestions"
    template = "suggestions" if typing else "topic_chosen"
    return render(request, f"requests/bits/{template}.html", context)


@require_POST
def around(request: HttpRequest) -> HttpResponse:
    """Say where the point lies, and show similar open requests nearby before sending."""
    topic = pages.topic_by_code(request.POST.get("topic", ""))
    point = point_of(request.POST)
    values: dict[str, Any] = {"lng": None, "lat": None, "region": request.POST.get("region", "")}
    if point:
        values |= {"lng": point[0], "lat": point[1]}
    here = place_in_words(point)
    shown = set(request.POST.getlist("shown"))  # what the words of the text found already
    near = [one for one in _similar(values, topic) if str(one.case.pk) not in shown]
    context = {"here": here, "similar": near}
    if point and here["land"]:
        context |= _list_for(here["land"].path)
    return render(request, "requests/bits/around.html", context)


def _list_for(path: str) -> dict[str, Any]:
    """Return the lists set to where a point lies, so that both ways of choosing agree."""
    street, community = pages.street_of(path), pages.community_of(path)
    return {
        "swap_list": True,
        "streets": pages.streets(),
        "street_code": street.code if street else "",
        "communities": pages.communities(street.code) if street else [],
        "region_code": community.code if community else "",
    }


def _similar(given: dict[str, Any], topic: Topic | None) -> list[queries.Neighbour]:
    """Return open public requests like this one: near the point, or in the same community."""
    if given.get("lng") is not None and given.get("lat") is not None:
        point = given["lng"], given["lat"]
        if region_at(*point) is None:
            return []
        near = queries.NEAR_M if topic else queries.NEAR_M / 3
        found = queries.nearby(lng=point[0], lat=point[1], topic=topic, metres=near, limit=3)
        return [queries.Neighbour(outlined(one.case), one.metres) for one in found]
    if topic is None or not given.get("region"):
        return []
    try:
        land = get_land(given["region"])
    except Refused:
        return []
    return [queries.Neighbour(outlined(case), 0) for case in pages.alike(region=land, topic=topic)]


@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    """Show the whole catalogue: fifteen categories, each item a way into the form."""
    context = {"categories": by_category(pages.active_topics())}
    return render(request, "requests/browse.html", context)


@login_required
@require_safe
def filed(request: HttpRequest, pk) -> HttpResponse:
    """Say that it has arrived: the number, the line, what comes next and by when."""
    cases = Case.objects.visible_to(request.user).select_related(*pages.RELATED)
    case = get_object_or_404(cases, pk=pk, reporter=request.user.pk)
    at = now()
    context = {
        "case": case,
        "card": pages.card(case, at=at),
        "next_words": next_words(case, at=at),
    }
    return render(request, "requests/filed.html", context)
