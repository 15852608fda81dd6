"""The worker: rings clocks, tells people, counts, sends, tidies. Any number of them may run.

Each job is safe beside the same job of another worker (row locks, idempotent keys), so that the
loop needs no leader and no lock of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import close_old_connections

from tongxin.accounts.actions import deliver_due, forget_old
from tongxin.affairs.actions import (
    charge_due,
    remind_admissions,
    remind_disclosures,
    remind_terms,
)
from tongxin.alliances.actions import approvals_due, letters_due
from tongxin.cadres.actions import chase_ratings_due, finish_due
from tongxin.campaigns.actions import campaigns_due
from tongxin.care.actions import care_due, care_events_due
from tongxin.cases.actions import count_cases, ring_clocks, settle_events
from tongxin.centres.actions import forget_matters, tickets_due
from tongxin.conferences.actions import lists_due, sessions_due
from tongxin.dispatching.actions import plans_due, simulations_due
from tongxin.documents.actions import files_due, retention_due
from tongxin.dual_report.actions import report_in_due
from tongxin.fieldwork.actions import missed_due, visits_due
from tongxin.findings.actions import follow_due
from tongxin.funds.actions import payables_due
from tongxin.grids.actions import mended_due, problems_due
from tongxin.hotline.actions import ask_ratings_due, remind_orders
from tongxin.mailbox.actions import poll_due, tell_correspondents
from tongxin.matters.actions import follow_events, hot_topics_due, sweep_traces
from tongxin.meetings.actions import remind_birthdays
from tongxin.meetings.actions import remind_due as remind_meetings
from tongxin.mobile.actions import (
    apply_due,
    end_duties,
    forget_contents,
    forget_parts,
    forget_tracks,
)
from tongxin.open311.actions import copy_media_due, file_waiting, forward_due, tell_peers_due
from tongxin.orgs.actions import remind_expiring, transfers_due
from tongxin.places.actions import bookings_due, forget_care
from tongxin.projects.actions import stages_due
from tongxin.renovation.actions import alarms_due, rhythms_due
from tongxin.searching.actions import read_due
from tongxin.secretaries.actions import remind_due as remind_secretaries
from tongxin.spreadsheets.actions import forget_uploads, run_imports
from tongxin.standards.actions import assess_due
from tongxin.taking_part.actions import stir_due, taking_part_due
from tongxin.texts.actions import make_sample, suggest_due, train_due

from .actions import refresh_due
from .feeding import walks_due

log = logging.getLogger(__name__)
SLOWEST = 5  # an idle worker looks again after at most so many intervals
BREATH = 0.02  # seconds between two busy rounds, in which others may write
MINUTE, HOUR = 60.0, 3600.0
MINUTE = 60.0


@dataclass(frozen=True)
class Job:
    """Something to do at a moment; it returns how many things it did."""

    name: str
    run: Callable[[datetime], int]
    every: float = 0.0  # seconds between two runs; 0: in every round


# Small bites: SQLite has one writer, and a page must not wait for the worker to finish its plate.
JOBS = (
    Job("ring_clocks", lambda at: ring_clocks(at=at, limit=50)),
    Job("settle_events", lambda at: settle_events(at=at, limit=50)),
    Job("count_cases", lambda at: count_cases(limit=500)),
    Job("read_due", lambda at: read_due(at=at, limit=200)),
    Job("deliver_due", lambda at: sum(deliver_due(at=at).values())),
    Job("file_waiting", lambda at: file_waiting(at=at)),
    Job("copy_media_due", lambda at: copy_media_due(at=at)),
    Job("forward_due", lambda at: forward_due(at=at)),
    Job("tell_peers_due", lambda at: tell_peers_due(at=at), every=MINUTE / 2),
    Job("tell_correspondents", lambda at: tell_correspondents(at=at)),
    Job("poll_due", lambda at: poll_due(at=at), every=MINUTE),
    Job("follow_events", lambda at: follow_events(at=at, limit=100)),
    Job("sweep_traces", lambda at: sweep_traces(at=at), every=HOUR),
    Job("hot_topics_due", lambda at: hot_topics_due(at=at), every=HOUR / 12),
    Job("campaigns_due", lambda at: campaigns_due(at=at)),
    Job("rhythms_due", lambda at: rhythms_due(at=at), every=HOUR),
    Job("alarms_due", lambda at: alarms_due(at=at), every=HOUR),
    Job("mended_due", lambda at: mended_due(at=at)),
    Job("problems_due", lambda at: problems_due(at=at), every=HOUR),
    Job("plans_due", lambda at: plans_due(at=at)),
    Job("simulations_due", lambda at: simulations_due(at=at)),
    Job("apply_field_actions", lambda at: apply_due(at=at), every=MINUTE / 2),
    Job("run_imports", lambda at: run_imports(at=at)),
    Job("suggest_topics", lambda at: suggest_due(at=at), every=MINUTE),
    Job("train_topics", lambda at: train_due(at=at)),
    Job("sample_topics", lambda at: int(make_sample(at=at) is not None), every=HOUR),
    Job("transfers_due", lambda at: transfers_due(at=at), every=HOUR),
    Job("remind_secretaries", lambda at: remind_secretaries(at=at), every=HOUR),
    Job("remind_terms", lambda at: remind_terms(at=at), every=HOUR),
    Job("remind_admissions", lambda at: remind_admissions(at=at), every=HOUR),
    Job("remind_disclosures", lambda at: remind_disclosures(at=at), every=HOUR),
    Job("remind_meetings", lambda at: remind_meetings(at=at), every=HOUR),
    Job("sessions_due", lambda at: sessions_due(at=at), every=HOUR),
    Job("lists_due", lambda at: lists_due(at=at), every=HOUR),
    Job("remind_birthdays", lambda at: remind_birthdays(at=at), every=HOUR),
    Job("charge_due", lambda at: charge_due(at=at), every=HOUR),
    Job("care_events_due", lambda at: care_events_due(at=at), every=MINUTE),
    Job("care_due", lambda at: care_due(at=at), every=HOUR),
    Job("refresh_due", lambda at: refresh_due(at=at), every=HOUR),
    Job("assess_due", lambda at: assess_due(at=at), every=HOUR),
    Job("taking_part_due", lambda at: taking_part_due(at=at), every=MINUTE),
    Job("stir_due", lambda at: stir_due(at=at), every=HOUR / 4),
    Job("visits_due", lambda at: visits_due(at=at), every=MINUTE),
    Job("walks_due", lambda at: walks_due(at=at), every=HOUR / 4),
    Job("missed_due", lambda at: missed_due(at=at), every=MINUTE),
    Job("letters_due", lambda at: letters_due(at=at), every=HOUR),
    Job("approvals_due", lambda at: approvals_due(at=at), every=HOUR),
    Job("follow_due", lambda at: follow_due(at=at), every=HOUR),
    Job("finish_due", lambda at: finish_due(at=at), every=HOUR),
    Job("chase_ratings_due", lambda at: chase_ratings_due(at=at), every=HOUR),
    Job("report_in_due", lambda at: report_in_due(at=at), every=HOUR),
    Job("payables_due", lambda at: payables_due(at=at), every=HOUR),
    Job("ask_ratings_due", lambda at: ask_ratings_due(at=at), every=HOUR),
    Job("remind_orders", lambda at: remind_orders(at=at), every=HOUR),
    Job("end_duties", lambda at: end_duties(at=at), every=HOUR / 12),
    Job("forget_tracks", lambda at: forget_tracks(at=at), every=HOUR),
    Job("forget_parts", lambda at: forget_parts(at=at), every=HOUR),
    Job("forget_contents", lambda at: forget_contents(at=at), every=HOUR),
    Job("bookings_due", lambda at: bookings_due(at=at), every=MINUTE),
    Job("tickets_due", lambda at: tickets_due(at=at), every=HOUR),
    Job("forget_care", lambda at: forget_care(at=at), every=HOUR),
    Job("forget_matters", lambda at: forget_matters(at=at), every=HOUR),
    Job("stages_due", lambda at: stages_due(at=at), every=HOUR),
    Job("files_due", lambda at: files_due(at=at), every=HOUR),
    Job("retention_due", lambda at: retention_due(at=at), every=HOUR),
    Job("forget_old", lambda at: forget_old(at=at), every=HOUR),
    Job("forget_uploads", lambda at: forget_uploads(at=at), every=HOUR),
    Job("remind_expiring", lambda at: remind_expiring(at=at, limit=50), every=HOUR),
)


class Worker:
    """The loop. `clock` says what time it is; `stop` ends it after the job in hand."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        interval: float = 1.0,
        jobs: tuple[Job, ...] = JOBS,
        stop: threading.Event | None = None,
    ) -> None:
        self.clock, self.interval, self.jobs = clock, interval, jobs
        self.stop = stop or threading.Event()
        self._ran_at: dict[str, float] = {}

    def run(self) -> None:
        """Work until stopped; sleep longer and longer while there is nothing to do."""
        pause = self.interval
        log.info("worker started: %s", ", ".join(job.name for job in self.jobs))
        while not self.stop.is_set():
            close_old_connections()  # a database that was restarted is found again
            done = self.round()
            pause = self.interval if done else min(pause * 2, self.interval * SLOWEST)
            self.stop.wait(BREATH if done else pause)
        log.info("worker stopped")

    def run_dry(self) -> int:
        """Do what is due now, round by round, until a round finds nothing; return how much it was."""
        total = 0
        while not self.stop.is_set() and (done := self.round()):
            total += done
        return total

    def round(self) -> int:
        """Run every job that is due once; return how many things were done."""
        return sum(self._run(job) for job in self.jobs if self._is_due(job))

    def _is_due(self, job: Job) -> bool:
        if self.stop.is_set():
            return False
        last = self._ran_at.get(job.name)
        return last is None or time.monotonic() - last >= job.every

    def _run(self, job: Job) -> int:
        self._ran_at[job.name] = time.monotonic()
        try:
            done = job.run(self.clock())
        except Exception:
            # One broken job must not stop the others; it is tried again in the next round.
            log.exception("job %s failed", job.name)
            return 0
        if done:
            log.info("%s: %d", job.name, done)
        return done
