"""The picture behind a media_url is fetched by the worker and kept as evidence of the case."""

from __future__ import annotations

import logging
from datetime import datetime
from time import monotonic

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.models import Evidence
from tongxin.kit.errors import Invalid, Refused

from .. import pictures
from ..guarded import CallFailed, Forbidden, Refusal
from ..models import MediaCopy, Submission
from .forwarding import LEASE, PASS_SECONDS, PAUSES
from .keys import must_administer

logger = logging.getLogger(__name__)
STATE = MediaCopy.State


class NotGivenUp(Refused):
    """Only what was given up can be tried anew."""


def expect_media(submission: Submission, *, at: datetime) -> MediaCopy | None:
    """Note that the picture of a filed submission is to be fetched; nothing without agreed hosts."""
    hosts = submission.client.media_hosts.split()
    if not (submission.media_url and hosts and submission.case_id):
        return None
    why = pictures.refuse_picture(submission.media_url, hosts)
    return MediaCopy.objects.create(
        submission=submission, last_error=why, next_at=None if why else at,
        state=STATE.DEAD if why else STATE.WAITING,
    )  # fmt: skip


def copy_media_due(*, at: datetime, limit: int = 5) -> int:
    """Fetch the pictures that are due; return how many were tried. What fails says why.

    Safe beside itself: a row is claimed for some minutes, and evidence is kept under a key.
    """
    claimed, started = _claim(at, limit), monotonic()
    for copy in claimed:
        if monotonic() - started > PASS_SECONDS:
            MediaCopy.objects.filter(pk=copy.pk, state=STATE.WAITING).update(next_at=at)
        else:
            _copy(copy, at)
    return len(claimed)


@transaction.atomic
def _claim(at: datetime, limit: int) -> list[MediaCopy]:
    due = MediaCopy.objects.filter(next_at__lte=at).order_by("next_at", "pk")
    rows = due.select_related("submission__client", "submission__case")
    taken = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    MediaCopy.objects.filter(pk__in=[one.pk for one in taken]).update(next_at=at + LEASE)
    return taken


def _copy(copy: MediaCopy, at: datetime) -> None:
    url, hosts = copy.submission.media_url, copy.submission.client.media_hosts.split()
    try:
        data = pictures.fetch(url, hosts)
        evidence = prepare_evidence(data=data, kind="photo", actor=None, at=at)
        _keep(copy, evidence, at)
    except (Forbidden, Refusal) as error:
        _fail(copy, str(error), at, for_good=True)
    except Invalid as error:  # no picture, or one that is a trap
        _fail(copy, str(error.message), at, for_good=True)
    except Refused as refusal:
        _fail(copy, str(refusal.message), at, for_good=True)
    except CallFailed as error:
        _fail(copy, str(error), at)
    except Exception as error:  # one odd answer must not stop the others
        logger.exception("Media of submission %s", copy.submission_id)
        _fail(copy, repr(error), at)


@transaction.atomic
def _keep(copy: MediaCopy, evidence: Evidence, at: datetime) -> None:
    """Keep a picture once: not beside a worker that was here before, nor if it was sent as a file.

    :raises Refused: if the case takes no more
    """
    copy = MediaCopy.objects.select_for_update().get(pk=copy.pk)
    if copy.state != STATE.WAITING:
        return
    case = copy.submission.case
    if case is None:
        raise Refused(_("本单已撤单或并单，不再收存附图"))
    if not case.evidence.filter(sha256=evidence.sha256).exists():
        if not any(move.name == "attach" for move in case.flow.moves_from(case.step)):
            raise Refused(_("本单已撤单或并单，不再收存附图"))
        make_move(
            case, "attach", at=at, actor=None, evidence=[evidence],
            key=f"open311:media:{copy.submission_id}",
        )  # fmt: skip
    copy.state, copy.kept_at, copy.next_at = STATE.KEPT, at, None
    copy.tries, copy.last_error = copy.tries + 1, ""
    copy.save()


def _fail(copy: MediaCopy, error: str, at: datetime, *, for_good: bool = False) -> None:
    over = for_good or copy.tries >= len(PAUSES)
    MediaCopy.objects.filter(pk=copy.pk, state=STATE.WAITING).update(
        state=STATE.DEAD if over else STATE.WAITING,
        next_at=None if over else at + PAUSES[copy.tries],
        tries=copy.tries + 1,
        last_error=" ".join(error.split())[:300],
    )


@transaction.atomic
def retry_media(*, copy: MediaCopy, by: User, at: datetime) -> None:
    """Try again to fetch a picture that was given up.

    :raises NotTheAdministrator, NotGivenUp:
    """
    must_administer(by)
    fresh = {"state": STATE.WAITING, "tries": 0, "next_at": at, "last_error": ""}
    if not MediaCopy.objects.filter(pk=copy.pk, state=STATE.DEAD).update(**fresh):
        raise NotGivenUp(_("这张附图没有失败，不用重试。"))
    audit(actor=by, action="open311.media.retry", object=str(copy.submission_id), at=at)
