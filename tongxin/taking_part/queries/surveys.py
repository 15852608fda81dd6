"""What a survey says: progress, margins, results by question and place, index, trend, free words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.regions.queries import Land, world

from ..models import Answer, Invite, Questionnaire, Stratum
from .estimates import (
    LEAST,
    Estimate,
    Sampled,
    grouped,
    margin_before,
    stratified_mean,
    stratified_share,
    suppress,
)

SCALE = [
    ("5", gettext_lazy("很满意")), ("4", gettext_lazy("满意")), ("3", gettext_lazy("一般")),
    ("2", gettext_lazy("不满意")), ("1", gettext_lazy("很不满意")),
]  # fmt: skip
SAMPLED = (Answer.Way.INVITE, Answer.Way.DOOR)


class NoSuchToken(NotFound):
    """The code of the invitation is wrong."""


class StillOpen(Refused):
    """Nobody sees results while people answer."""


class BadAnswer(Invalid):
    """An answer is missing, or is none of those that were asked for."""


def token_of(invite_id: int) -> str:
    """Return the token of an invitation: signed, so that it need not be kept."""
    return f"{invite_id:x}-{sealer().index(f'survey-token:{invite_id}')[:12]}"


def invite_of(token: str) -> Invite:
    """Return the invitation of a token.

    :raises NoSuchToken: for one that we did not sign
    """
    head, _dash, _tail = (token or "").strip().lower().partition("-")
    try:
        pk = int(head, 16)
    except ValueError:
        pk = 0
    if not 0 < pk < 2**63 or token.strip().lower() != token_of(pk):
        raise NoSuchToken(_("邀请码不对，请核对纸条上的字母和数字。"), field="token")
    rows = Invite.objects.select_related("stratum__questionnaire__region", "stratum__community")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NoSuchToken(_("邀请码不对，请核对纸条上的字母和数字。"), field="token")
    return found


def is_asked(question: dict[str, Any], values: dict[str, Any]) -> bool:
    """Say whether a question is asked of somebody who answered so far."""
    if not (rule := question.get("show_if")):
        return True
    said = values.get(rule["code"])
    return rule["value"] in said if isinstance(said, list) else str(said) == rule["value"]


def asked_of(questions: Iterable[dict[str, Any]], given: dict[str, Any]) -> list[str]:
    """Return the codes of the questions that are asked of somebody who says so; what was said to a
    question that is not asked counts for nothing."""
    values: dict[str, Any] = {}
    found = []
    for question in questions:
        if not is_asked(question, values):
            continue
        found.append(question["code"])
        if (said := given.get(question["code"])) not in (None, "", []):
            values[question["code"]] = said
    return found


def options_of(question: dict[str, Any]) -> list[tuple[str, str]]:
    if question["kind"] == "scale":
        return [(value, str(words)) for value, words in SCALE]
    return [(one["code"], one["text"]) for one in question.get("options", ())]


def clean_answers(
    questions: Iterable[dict[str, Any]], given: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return (answers, free words) of what was handed in; what is not asked is dropped.

    :raises BadAnswer: naming the question
    """
    values: dict[str, Any] = {}
    words: dict[str, str] = {}
    for question in questions:
        code = question["code"]
        if not is_asked(question, values):
            continue
        said = given.get(code)
        if said in (None, "", []):
            if question.get("required"):
                raise BadAnswer(_("请回答“%s”。") % question["text"], field=code)
            continue
        if question["kind"] == "text":
            words[code] = str(said).strip()[:500]
        else:
            values[code] = _read(question, said)
    return values, words


def _read(question: dict[str, Any], said: Any) -> Any:
    code, kind = question["code"], question["kind"]
    known = {value for value, _w in options_of(question)}
    if kind == "multi":
        chosen = [str(one) for one in (said if isinstance(said, list) else [said])]
        if set(chosen) <= known:
            return sorted(set(chosen))
    elif kind in ("scale", "choice"):
        if str(said) in known:
            return int(said) if kind == "scale" else str(said)
    else:
        try:
            number = float(said)
        except (TypeError, ValueError):
            number = -1
        if 0 <= number < 1e9:
            return number
    raise BadAnswer(_("“%s”的回答不在可选范围内。") % question["text"], field=code)


# Before: what a sample will be worth.


@dataclass(frozen=True)
class Plan:
    rows: list[dict[str, Any]]
    population: int
    wanted: int
    margin: float  # of the whole, in percent


def plan_of(questionnaire: Questionnaire) -> Plan:
    """Return the sample by community with the margin that each and all will have (percent)."""
    strata = list(questionnaire.strata.select_related("community").annotate(
        used=Count("invites", filter=Q(invites__is_used=True))).order_by("community__path"))  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            "stratum": one, "name": one.community.short_name, "population": one.population,
            "wanted": one.wanted, "used": one.used,
            "margin": round(100 * margin_before(one.wanted, one.population), 1),
        }
        for one in strata
    ]  # fmt: skip
    population, wanted = sum(r["population"] for r in rows), sum(r["wanted"] for r in rows)
    return Plan(rows, population, wanted, round(100 * margin_before(wanted, population), 1))


# After.


@dataclass
class Results:
    """Everything that may be shown of a survey."""

    n: int
    asked: int
    opened: int  # answers by the open link, apart: they are no sample
    rate: float
    covered: float
    questions: list[dict[str, Any]]
    index: dict[str, Any] | None
    places: list[dict[str, Any]]
    places_merged: int
    too_few: bool


def results_of(questionnaire: Questionnaire) -> Results:
    """Return the results of a survey that has ended: three queries, any number of answers.

    :raises StillOpen: before it has ended
    """
    if questionnaire.state not in ("closed", "published"):
        raise StillOpen(_("调查还没有结束，结束后才能看结果。"))
    strata = list(Stratum.objects.filter(questionnaire=questionnaire).select_related("community"))
    answers = list(
        Answer.objects.filter(questionnaire=questionnaire).values_list("community", "way", "values")
    )
    sampled = [(place, values) for place, way, values in answers if way in SAMPLED]
    opened = [values for _p, way, values in answers if way == Answer.Way.OPEN]
    by_place: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for place, values in sampled:
        by_place[place].append(values)
    n, wanted = len(sampled), sum(one.wanted for one in strata)
    too_few = n < LEAST and len(opened) < LEAST
    questions = [] if too_few else [
        _question(q, strata, by_place, sampled, opened) for q in questionnaire.questions if q["kind"] != "text"
    ]  # fmt: skip
    index = _index(questionnaire, strata, by_place) if n >= LEAST else None
    places, merged = _places(questionnaire, strata, by_place) if n >= LEAST else ([], 0)
    size = sum(one.population for one in strata)
    there = sum(one.population for one in strata if by_place.get(one.community_id))
    return Results(
        n=n, asked=wanted, opened=len(opened), rate=round(100 * n / wanted, 1) if wanted else 0.0,
        covered=round(100 * there / size, 1) if size else 0.0, questions=questions, index=index,
        places=places, places_merged=merged, too_few=too_few,
    )  # fmt: skip


def _sampled(strata, by_place, code: str, read) -> list[Sampled]:
    return [
        Sampled(one.population, [read(v[code]) for v in by_place.get(one.community_id, ()) if code in v])
        for one in strata
    ]  # fmt: skip


def _question(question, strata, by_place, sampled, opened) -> dict[str, Any]:
    code, kind = question["code"], question["kind"]
    said = [values[code] for _place, values in sampled if code in values]
    rows = []
    if kind != "number":
        options = options_of(question)
        counts = [sum(_chose(kind, value, one) for one in said) for value, _w in options]
        shown = suppress(counts)
        if kind == "multi":  # the cells do not add up to the number of people
            shown = [None if 0 < count < LEAST else count for count in counts]
        for (value, words), count in zip(options, shown, strict=True):
            share = None
            if count is not None and len(said) >= LEAST:
                share = stratified_share(
                    _sampled(strata, by_place, code, lambda v, value=value: float(_chose(kind, value, v)))
                )  # fmt: skip
            rows.append({"value": value, "text": words, "n": count, **_percent(share)})
    middle = None
    if kind in ("scale", "number") and len(said) >= LEAST:
        middle = stratified_mean(_sampled(strata, by_place, code, float))
    open_said = [values[code] for values in opened if code in values]
    return {
        "code": code, "kind": kind, "text": question["text"], "n": len(said), "rows": rows,
        "mean": round(middle.value, 2) if middle else None,
        "margin": round(middle.margin, 2) if middle else None,
        "open_n": len(open_said),
        "open_mean": round(sum(open_said) / len(open_said), 2)
        if kind in ("scale", "number") and len(open_said) >= LEAST else None,
    }  # fmt: skip


def _chose(kind: str, value: str, said: Any) -> bool:
    return value in said if kind == "multi" else str(said) == value


def _percent(one: Estimate | None) -> dict[str, Any]:
    if one is None:
        return {"share": None, "low": None, "high": None}
    return {
        "share": round(100 * one.value, 1),
        "low": round(100 * one.low, 1),
        "high": round(100 * one.high, 1),
    }


def _scores(values: dict[str, Any], weights: dict[str, int]) -> float | None:
    """Return somebody's score of 0–100 by the formula's weights, over what they answered."""
    said = [(weights[code], values[code]) for code in weights if code in values]
    whole = sum(weight for weight, _v in said)
    return sum(weight * (value - 1) * 25 for weight, value in said) / whole if whole else None


def _index(questionnaire, strata, by_place) -> dict[str, Any] | None:
    formula = questionnaire.formula
    if formula is None:
        return None
    found = [
        Sampled(
            one.population,
            [s for v in by_place.get(one.community_id, ()) if (s := _scores(v, formula.weights)) is not None],
        )
        for one in strata
    ]  # fmt: skip
    middle = stratified_mean(found)
    if middle is None or middle.n < LEAST:
        return None
    return {
        "name": formula.name, "value": round(middle.value, 1), "margin": round(middle.margin, 1),
        "n": middle.n, "version": formula.version, "source": formula.source,
        "is_sample": formula.is_sample, "weights": _weights(questionnaire, formula.weights),
    }  # fmt: skip


def _weights(questionnaire, weights: dict[str, int]) -> list[dict[str, Any]]:
    texts = {one["code"]: one["text"] for one in questionnaire.questions}
    whole = sum(weights.values()) or 1
    return [
        {"code": code, "text": texts.get(code, code), "weight": weight, "share": round(100 * weight / whole)}
        for code, weight in weights.items()
    ]  # fmt: skip


def _child_of(path: str, land_path: str) -> Land | None:
    """Return the land one level below `path` in which another lies: one breakdown only is shown."""
    parts = land_path[len(path) :].split("/")
    return world().by_path.get(f"{path}{parts[0]}/") if parts and parts[0] else None


def _places(questionnaire, strata, by_place) -> tuple[list[dict[str, Any]], int]:
    """Return the index (or the first question's mean) by the places below; small ones merged."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for one in strata:
        child = _child_of(questionnaire.region.path, one.community.path)
        if child is not None:
            groups[child.path].append(one)
    sizes = {
        path: sum(len(by_place.get(one.community_id, ())) for one in members)
        for path, members in groups.items()
    }
    alone, merged = grouped(sizes)
    by_path = world().by_path
    rows = [
        _place_row(questionnaire, by_path[path].short_name, groups[path], by_place)
        for path in sorted(alone)
    ]
    if merged:
        members = [one for path in merged for one in groups[path]]
        name = _("其他 %d 处（合并）") % len(merged)
        rows.append(_place_row(questionnaire, name, members, by_place))
    return [row for row in rows if row], len(merged)


def _place_row(questionnaire, name: str, strata, by_place) -> dict[str, Any] | None:
    n = sum(len(by_place.get(one.community_id, ())) for one in strata)
    index = _index(questionnaire, strata, by_place)
    if index is None or n < LEAST:
        return None
    return {"name": name, "n": n, "value": index["value"], "margin": index["margin"]}


def trend_of(questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """Return the index of each ended wave of a series in the same area, oldest first, with margins."""
    if not questionnaire.series:
        return []
    waves = Questionnaire.objects.filter(
        series=questionnaire.series, region=questionnaire.region_id, state__in=("closed", "published")
    )  # fmt: skip
    found = []
    for one in waves.select_related("formula", "region").order_by("id")[:12]:
        index = results_of(one).index
        if index is not None:
            found.append({"wave": one.wave, **{k: index[k] for k in ("value", "margin", "n")}})
    return found


def texts_of(questionnaire: Questionnaire, code: str) -> list[str]:
    """Return the free words to a question, in an order that says nothing; for who analyses them."""
    rows = questionnaire.texts.filter(question=code).order_by("id")
    return list(rows.values_list("text", flat=True)[:500])
