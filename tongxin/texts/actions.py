"""Training versions of the model, putting one in use, suggesting topics for what was filed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Event, Topic
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.language.evaluation import macro_f1
from tongxin.language.model_files import load_model, save_model
from tongxin.language.topics import Model
from tongxin.language.training import train_and_judge
from tongxin.language.words import normal

from . import queries, sample
from .models import Suggestion, TextModel

IN_USE = "in-use.model"  # a copy for the command line, which asks no database
LEAST_CASES = 60  # ended public requests before a version of one's own is worth training
LEAST_COMPARED = 30  # texts new to the model in use, before the two can be compared
LEASE = timedelta(hours=1)  # a training that shows no progress for so long has died
MOST_TRIES = 3

Progress = Callable[[int, int], None]


class AtWork(Refused):
    """A version is being trained already."""


class TooFewCases(Refused):
    """There is too little to learn from."""


class NotReady(Refused):
    """A version that is not trained cannot be used."""


def ask_training(*, at: datetime, by: User) -> TextModel:
    """Ask the worker for a new version, learnt from what ended since.

    :raises NotPermitted: for anybody but the administrator
    :raises AtWork, TooFewCases:
    """
    if not by.is_superuser:
        raise NotPermitted(_("只有系统管理员可以训练文本模型。"))
    with transaction.atomic():
        _refuse_second()
        _refuse_too_few(queries.ended_cases())
        version = TextModel.objects.create(asked_at=at, asked_by=by)
        audit(actor=by, action="texts.train", object=str(version), at=at)
    return version


def _refuse_second() -> None:
    if TextModel.objects.select_for_update().filter(state__in=TextModel.AT_WORK).exists():
        raise AtWork(_("已经有一个版本在训练，请等它完成。"))


def _refuse_too_few(n: int) -> None:
    if n < LEAST_CASES:
        raise TooFewCases(
            _("已办结又可公开的单只有 %(n)d 张，至少要 %(least)d 张才值得训练。")
            % {"n": n, "least": LEAST_CASES},
            remedy=_("先用样例模型，办结的单多了再来。"),
        )


def train_due(*, at: datetime) -> int:
    """Train one version that waits, or whose training died; return how many were.

    Only one worker gets it; a text that cannot be read or a full disk fails the version, which says
    why, and the one in use stays.
    """
    waiting = TextModel.objects.filter(
        Q(state=TextModel.State.QUEUED)
        | Q(state=TextModel.State.TRAINING, started_at__lt=at - LEASE)
    )
    if not waiting.exists():  # mostly: no lock is taken to find nothing
        return 0
    with transaction.atomic():
        version = waiting.select_for_update(skip_locked=True).order_by("pk").first()
        if version is None:
            return 0
        if version.tries >= MOST_TRIES:
            _fail(version, _("训练中断了 %d 次，已停止。") % MOST_TRIES)
            return 1
        _start(version, at)
    _train(version, at=at, progress=None)
    return 1


def train_now(*, at: datetime, by: User | None, progress: Progress | None = None) -> TextModel:
    """Train a version at once, for the command line.

    :raises AtWork, TooFewCases: and whatever the training itself refuses
    """
    with transaction.atomic():
        _refuse_second()
        _refuse_too_few(queries.ended_cases())
        version = TextModel.objects.create(asked_at=at, asked_by=by)
        _start(version, at)
        audit(actor=by, action="texts.train", object=str(version), at=at)
    _train(version, at=at, progress=progress)
    if version.state == TextModel.State.FAILED:
        raise TooFewCases(version.trouble)
    return version


def _start(version: TextModel, at: datetime) -> None:
    version.state, version.started_at = TextModel.State.TRAINING, at
    version.tries += 1
    version.save(update_fields=["state", "started_at", "tries"])


def _fail(version: TextModel, trouble: str) -> None:
    version.state, version.trouble = TextModel.State.FAILED, trouble[:300]
    version.save(update_fields=["state", "trouble"])


def _train(version: TextModel, *, at: datetime, progress: Progress | None) -> None:
    """Learn, measure, compare, write the file; not in a transaction, as it takes a minute."""

    def note(done: int, total: int) -> None:
        TextModel.objects.filter(pk=version.pk).update(done=done, total=total)
        if progress:
            progress(done, total)

    lessons = queries.lessons()
    try:
        model, said = train_and_judge(lessons.texts, lessons.labels, progress=note)
        version.file = f"topics-{version.pk}.model"
        version.digest = save_model(model, queries.path_of(version))
    except (Refused, OSError) as trouble:
        _fail(version, str(trouble))
        return
    composed = len(lessons.texts) - lessons.cases
    version.trained_on = _("已办结的单 %(n)d 张") % {"n": lessons.cases} + (
        _("，示例 %(n)d 条") % {"n": composed} if composed else ""
    )
    version.rival = _rival(lessons, said)
    _keep(version, model, at=at)


def _keep(version: TextModel, model: Model, *, at: datetime) -> None:
    version.n, version.classes = model.figures["n"], len(model.labels)
    version.figures = model.figures
    version.state, version.ready_at = TextModel.State.READY, at
    version.done = version.total = 0
    version.save()


def _rival(lessons: queries.Lessons, said: list[str | None]) -> dict[str, Any]:
    """Return how the model in use does on texts that neither it nor the new one has learnt from.

    Those are the cases that ended after it was trained, each judged by a model of the new version
    that did not see it; for the sample model, all that are no composed text. Empty if too few.
    """
    used = queries.model_in_use()
    if used is None:
        return {}
    version = TextModel.objects.get(pk=used[0])
    composed = {normal(text) for text, _label in sample.sample_texts()}
    fresh = [
        place
        for place, ended in enumerate(lessons.ended)
        if ended is not None
        and said[place] is not None
        and (version.is_sample or (version.ready_at and ended > version.ready_at))
        and normal(lessons.texts[place]) not in composed
    ]
    if len(fresh) < LEAST_COMPARED:
        return {"n": len(fresh)}
    truth = [queries.code_of(lessons.labels[place]) for place in fresh]
    old = [
        queries.code_of(one.label) for one in used[1].classify_all(lessons.texts[p] for p in fresh)
    ]
    new = [queries.code_of(said[place] or "") for place in fresh]
    return {
        "version": version.pk,
        "n": len(fresh),
        "macro_f1": macro_f1(truth, old),
        "new_macro_f1": macro_f1(truth, new),
    }


def is_better(version: TextModel) -> bool:
    """Whether a version is measured to be better than the one in use, on the same texts."""
    if not TextModel.objects.used().exists():
        return True
    return "macro_f1" in version.rival and version.rival["new_macro_f1"] > version.rival["macro_f1"]


def put_in_use(*, version: TextModel, at: datetime, by: User | None) -> TextModel:
    """Let a version make the suggestions from now on; the one before stays, to go back to.

    :raises NotPermitted: for anybody but the administrator (`by` None is the command line)
    :raises NotReady: if it is not trained; ModelBroken if its file is not the one that was written
    """
    if by is not None and not by.is_superuser:
        raise NotPermitted(_("只有系统管理员可以启用文本模型。"))
    if version.state != TextModel.State.READY:
        raise NotReady(_("%s还没有训练好，不能启用。") % version)
    load_model(queries.path_of(version), digest=version.digest)
    with transaction.atomic():
        TextModel.objects.select_for_update().used().update(is_used=False)
        version.is_used, version.used_since, version.used_by = True, at, by
        version.save(update_fields=["is_used", "used_since", "used_by"])
        audit(actor=by, action="texts.use", object=str(version), at=at)
    shutil.copyfile(queries.path_of(version), queries.folder() / IN_USE)
    return version


def stop_using(*, at: datetime, by: User) -> None:
    """Make no suggestions by a model; those by the catalogue's keywords stay.

    :raises NotPermitted: for anybody but the administrator
    """
    if not by.is_superuser:
        raise NotPermitted(_("只有系统管理员可以停用文本模型。"))
    with transaction.atomic():
        TextModel.objects.select_for_update().used().update(is_used=False)
        audit(actor=by, action="texts.stop", at=at)
    (queries.folder() / IN_USE).unlink(missing_ok=True)


def make_sample(*, at: datetime, progress: Progress | None = None) -> TextModel | None:
    """Give a new installation the sample model, if it has the sample catalogue and no model yet."""
    if TextModel.objects.exists() or not Topic.objects.filter(is_sample=True).exists():
        return None
    model = sample.sample_model(queries.folder(), progress=progress)
    version = TextModel(
        is_sample=True, asked_at=at, started_at=at, tries=1,
        trained_on=_("我们编写的示例文本 %d 条") % model.figures["n"],
    )  # fmt: skip
    version.save()
    version.file = f"topics-{version.pk}.model"
    version.digest = save_model(model, queries.path_of(version))
    _keep(version, model, at=at)
    return put_in_use(version=version, at=at, by=None)


def suggest_due(*, at: datetime, limit: int = 50) -> int:
    """Write down what the model says of requests filed since, and what people settled on."""
    return _settle(at, limit) + _suggest(at, limit)


def _suggest(at: datetime, limit: int) -> int:
    used = queries.model_in_use()
    if used is None:
        return 0
    cases = list(queries.not_suggested().order_by("-id")[:limit])
    if not cases:
        return 0
    topics = list(Topic.objects.filter(is_active=True))
    rows = []
    for case in cases:
        found = queries.suggested_by(used[1], queries.whole_text(case), topics)
        top = [[one.topic.code, round(one.confidence, 4)] for one in found]
        first = found[0].topic if found else None
        rows.append(Suggestion(case=case, model_id=used[0], at=at, top=top, first=first))
    Suggestion.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may have been here
    return len(rows)


def _settle(at: datetime, limit: int) -> int:
    rows = list(queries.not_settled().select_related("case")[:limit])
    for row in rows:
        row.chosen_id, row.settled_at = row.case.topic_id, at
    Suggestion.objects.bulk_update(rows, ["chosen", "settled_at"])
    return len(rows)


def adopt(
    *, case: Case, topic: Topic, actor: User, at: datetime, expect: int | None = None
) -> Event:
    """Give a case the topic that was suggested: a person's move, with the suggestion in its note.

    :raises Refused: as `make_move` does; Invalid if that is its topic already
    """
    if case.topic_id == topic.pk:
        raise Invalid(_("这张单已经是“%s”了。") % topic, field="topic")
    note = _("采用事项建议：%s") % topic
    return make_move(case, "correct", at=at, actor=actor, expect=expect, note=note, topic=topic)
