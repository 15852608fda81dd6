"""What the model in use says of a text; how versions did; what there is to learn from."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case, Topic
from tongxin.language.model_files import load_model
from tongxin.language.replies import check_reply
from tongxin.language.topics import Model, ModelBroken
from tongxin.orgs.models import Org
from tongxin.requests.importing import Guesser

from .models import Suggestion, TextModel
from .sample import label_of, sample_texts

log = logging.getLogger(__name__)

FLOOR = 0.3  # the first suggestion must be at least so sure, or there is none
SIDE_FLOOR = 0.05  # the second and third
OFFERED = 3
LEAST_TEXT = 4  # characters before anything is suggested
MOST_LESSONS = 20_000  # the latest; more teach little that is new
FEW_CASES = 5
DEPARTMENT_DAYS = 365
KIND = "request"
MOST_HINTS = 5
HINTS = {
    "too_short": _("话很短，说说做了什么、结果怎样。"),
    "off_topic": _("没有提到居民说的事，看看是不是答到了点上。"),
    "unanswered": _("居民还问了这一点，没有看到答复："),
    "no_when": _("居民问了时间，没有写日期或时限："),
    "no_amount": _("居民问了钱数或标准，没有写数字："),
    "only_passed_on": _("只说转办，没说已经做了什么、下一步什么时候有结果："),
    "no_action": _("没有看到做了什么、为什么，或打算怎么办。"),
    "no_basis": _("没有写依据：哪条规定、哪个单位、什么日期。"),
    "late": _("已经过了时限，先说明原因并致歉。"),
    "rude": _("这句话语气生硬，换个说法："),
    "loud": _("连用感叹号或问号显得急，改用句号："),
    "private": _("这里有电话或证件号，居民和办理人都能看到，请删去："),
}
ENDED_WELL = ("closed", "verified")


def folder() -> Path:
    return Path(settings.VAR_DIR) / "models"


def path_of(version: TextModel) -> Path:
    return folder() / version.file


@dataclass(frozen=True)
class Suggested:
    """A topic that a text may be about: how sure (0–1), and the words that spoke for it."""

    topic: Topic
    confidence: float
    words: list[str] = field(default_factory=list)

    @property
    def percent(self) -> int:
        """Whole per cent; never 100, since a machine is never certain."""
        return min(round(self.confidence * 100), 99)


@dataclass(frozen=True)
class Loaded:
    version_id: int
    digest: str
    model: Model | None  # None: the file is broken; said once, then asked no more until it changes


_lock = threading.Lock()
_loaded: dict[str, Loaded] = {}  # at most one, under "now"


def model_in_use() -> tuple[int, Model] | None:
    """Return the version in use and its model; None if there is none, or its file is broken.

    One query. The file is read once per process, and again when another version is put in use.
    """
    row = TextModel.objects.used().values_list("pk", "digest", "file").first()
    if row is None:
        return None
    found = _load(*row)
    return (found.version_id, found.model) if found.model else None


def _load(version_id: int, digest: str, file: str) -> Loaded:
    with _lock:
        before = _loaded.get("now")
        if before and (before.version_id, before.digest) == (version_id, digest):
            return before
        try:
            model = load_model(folder() / file, digest=digest)
        except ModelBroken as refusal:
            log.error("text model %d: %s", version_id, refusal.message)
            model = None
        _loaded["now"] = Loaded(version_id, digest, model)
        return _loaded["now"]


def forget_loaded() -> None:
    """Read the file again when a model is next asked for."""
    with _lock:
        _loaded.clear()


def code_of(label: str) -> str:
    """Return the topic's code in a label of a model (`sample.label_of`)."""
    return label.partition(" ")[0]


def suggest(title: str, text: str, *, topics: Sequence[Topic] | None = None) -> list[Suggested]:
    """Return up to three topics for a text, most likely first; none where the model is not sure.

    `topics` are the active ones, if they are at hand. Two queries, one if there is no model.
    """
    whole = f"{title}\n{text}" if title else text
    if len(whole.strip()) < LEAST_TEXT:
        return []
    used = model_in_use()
    return suggested_by(used[1], whole, topics) if used else []


def suggested_by(
    model: Model, whole: str, topics: Sequence[Topic] | None = None
) -> list[Suggested]:
    verdict = model.classify(whole)
    if verdict.confidence < FLOOR:
        return []
    likely = {code_of(label): (label, sure) for label, sure in verdict.top}
    if topics is None:
        topics = list(
            Topic.objects.filter(is_active=True, code__in=likely).select_related("category")
        )
    by_code = {topic.code: topic for topic in topics}
    if code_of(verdict.label) not in by_code:  # an item that is no longer in the catalogue
        return []
    return [
        Suggested(by_code[code], sure, model.words_for(whole, label))
        for n, (code, (label, sure)) in enumerate(likely.items())
        if code in by_code and (n == 0 or sure >= SIDE_FLOOR)
    ]


def topics_for(text: str, *, besides: str = "") -> tuple[list[Topic], Topic | None]:
    """Return the topics to offer somebody who writes, and the one whose code is `besides`.

    By the model if it is sure enough, else by the catalogue's keywords; the person chooses.
    """
    active = list(Topic.objects.filter(is_active=True).select_related("category"))
    chosen = next((topic for topic in active if topic.code == besides), None)
    if len(text.strip()) < LEAST_TEXT:
        return [], chosen
    found = [one.topic for one in suggest("", text, topics=active)]
    if not found:
        found = [topic for topic, _words in _by_keywords("", text, active)]
    return [topic for topic in found if topic != chosen], chosen


@dataclass(frozen=True)
class Department:
    """Who mostly handles a topic: how many of how many ended cases of a year in the district."""

    org: Org
    n: int
    of: int

    @property
    def share(self) -> float:
        return self.n / self.of

    @property
    def percent(self) -> int:
        return round(self.share * 100)


def department_for(topic: Topic, *, area: str, at: datetime) -> Department | None:
    """Return the department that handled most cases of a topic in the district in a year.

    `area` is a region's path; the district is its first two steps. None where no department did.
    """
    district = "/".join(area.split("/")[:2]) + "/"
    rows = (
        Case.objects.filter(
            topic=topic, kind=KIND, area__under=district, closed_at__isnull=False,
            opened_at__gte=at - timedelta(days=DEPARTMENT_DAYS), handler__isnull=False,
        )
        .values("handler")
        .annotate(n=Count("pk"))
        .order_by("-n", "handler")
    )  # fmt: skip
    counted = [(row["handler"], row["n"]) for row in rows]
    if not counted:
        return None
    org = Org.objects.get(pk=counted[0][0])
    return Department(org, counted[0][1], sum(n for _pk, n in counted))


@dataclass
class Lessons:
    """What there is to learn from: texts, labels, and when each case ended (None: composed)."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    ended: list[datetime | None] = field(default_factory=list)

    def add(self, text: str, label: str, ended: datetime | None) -> None:
        self.texts.append(text)
        self.labels.append(label)
        self.ended.append(ended)

    @property
    def cases(self) -> int:
        return sum(one is not None for one in self.ended)


def _ended() -> QuerySet[Case]:
    return Case.objects.filter(
        kind=KIND, is_private=False, closed_at__isnull=False, topic__isnull=False,
        step__in=ENDED_WELL,
    )  # fmt: skip


def ended_cases() -> int:
    """Return how many cases there are to learn from, counted no further than is asked for."""
    return _ended()[:MOST_LESSONS].count()


def lessons() -> Lessons:
    """Return ended public requests with the topic people settled on.

    Private cases teach nothing: no word of them may get into a model. Items of the sample
    catalogue with fewer than `FEW_CASES` lessons keep the texts we composed for them, or they
    would never be suggested.
    """
    fields = ("title", "text", "topic__code", "topic__name", "closed_at")
    rows = _ended().order_by("-id").values_list(*fields)[:MOST_LESSONS]
    found = Lessons()
    for title, text, code, name, at in rows:
        found.add(_whole(title, text), label_of(code, name), at)
    have = Counter(code_of(label) for label in found.labels)
    kept = Topic.objects.filter(is_active=True, is_sample=True).values_list("code", "name")
    names = {code: name for code, name in kept if have[code] < FEW_CASES}
    for text, label in sample_texts():
        if code := code_of(label) if code_of(label) in names else "":
            found.add(text, label_of(code, names[code]), None)
    return found


def _whole(title: str, text: str) -> str:
    """Return title and text as one; a title that is only the text's beginning is not said twice."""
    start = title.rstrip("…").strip()
    return text if start and text.startswith(start) else f"{title}\n{text}"


def whole_text(case: Case) -> str:
    return _whole(case.title, case.text)


def not_suggested() -> QuerySet[Case]:
    """Return open requests for which nothing was suggested yet."""
    there = Suggestion.objects.filter(case=OuterRef("pk"))
    return Case.objects.filter(~Exists(there), kind=KIND, closed_at__isnull=True)


def not_settled() -> QuerySet[Suggestion]:
    """Return suggestions of cases that have ended since."""
    return Suggestion.objects.filter(settled_at=None, case__closed_at__isnull=False)


def outcome_of(version: TextModel) -> dict[str, Any]:
    """Return how a version did in use: {"n", "right", "in_top", "none", "share"}.

    `right`: people settled on its first suggestion; `none`: it was not sure enough to say any.
    """
    counted = version.suggestions.filter(settled_at__isnull=False, chosen__isnull=False).aggregate(
        n=Count("pk", filter=~Q(top=[])),
        right=Count("pk", filter=Q(first=F("chosen"))),
        none=Count("pk", filter=Q(top=[])),
    )
    counted["share"] = counted["right"] / counted["n"] if counted["n"] else None
    return counted


@dataclass(frozen=True)
class Advice:
    """What is suggested for a case: topics with their words, and who mostly handles the first."""

    found: list[Suggested]
    department: Department | None
    is_same: bool  # the first is the topic the case has


def advice_for(case: Case, *, at: datetime) -> Advice:
    """Return the advice on a case; at most four queries."""
    found = suggest("", whole_text(case))
    topic = found[0].topic if found else case.topic
    department = department_for(topic, area=case.area, at=at) if topic else None
    return Advice(found, department, bool(found) and found[0].topic.pk == case.topic_id)


def suggestions(title: str, text: str) -> dict[str, Any]:
    """Return what the API says of a text: {"items", "by", "version"}."""
    used = model_in_use()
    whole = f"{title}\n{text}" if title else text
    long_enough = len(whole.strip()) >= LEAST_TEXT
    found = suggested_by(used[1], whole) if used and long_enough else []
    items = [
        {
            "topic": one.topic.code,
            "name": one.topic.name,
            "confidence": round(one.confidence, 4),
            "words": one.words,
        }
        for one in found
    ]
    if not items and long_enough:
        items = [
            {"topic": topic.code, "name": topic.name, "confidence": None, "words": words}
            for topic, words in _by_keywords(title, text)
        ]
    return {
        "items": items,
        "by": "model" if found else "keywords",
        "version": used[0] if used else None,
    }


def _by_keywords(
    title: str, text: str, active: Sequence[Topic] | None = None
) -> list[tuple[Topic, list[str]]]:
    active = list(Topic.objects.filter(is_active=True)) if active is None else active
    found = Guesser(active).scores(title or text.partition("\n")[0][:40], text).most_common(OFFERED)
    whole = title + text
    return [
        (topic, [word for word in topic.keywords.split() if word in whole]) for topic, _n in found
    ]


def reply_hints(message: str, answer: str, *, is_late: bool) -> dict[str, Any]:
    """Return what the API says of a reply: {"items", "points", "answered"}."""
    review = check_reply(message, answer, is_late=is_late)
    items = [
        {"kind": hint.kind, "text": str(HINTS[hint.kind]), "about": hint.about}
        for hint in review.hints
    ]
    return {"items": items, "points": review.points, "answered": review.answered}


def active_topic(code: str) -> Topic | None:
    return Topic.objects.filter(code=code, is_active=True).first()


def hints_for(case: Case, reply: str, *, at: datetime) -> list[tuple[str, str]]:
    """Return what a reply to a case lacks, as (sentence, what it is about); see `language.replies`."""
    is_late = case.due_at is not None and case.due_at < at
    review = check_reply(whole_text(case), reply, is_late=is_late)
    return [(str(HINTS[hint.kind]), hint.about) for hint in review.hints[:MOST_HINTS]]
