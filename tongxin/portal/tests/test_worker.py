"""The worker loop on the named world: what one round does, and that it goes on."""

import threading
from datetime import timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.cases.models import Case, Event
from tongxin.portal.worker import JOBS, Job, Worker
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def tap(world) -> Case:
    return file_request(text="水管漏水", topic=world.tap, region=world.p1, at=NOON, actor=world.sun)


def worker_at(at, **options) -> Worker:
    return Worker(clock=lambda: at, interval=0.001, **options)


def test_one_round_rings_tells_and_counts(world, tap):
    worker_at(NOON + 3 * HOUR).run_dry()
    tap.refresh_from_db()
    assert (tap.card, tap.is_late, tap.is_counted) == ("red", True, True)
    assert not Event.objects.filter(settled_at=None).exists()
    assert Notice.objects.filter(user=world.zhang).count() == 3  # filed, yellow, red


def test_an_idle_round_does_nothing(world, tap):
    worker = worker_at(NOON)
    worker.run_dry()
    assert worker.round() == 0


def test_a_broken_job_does_not_stop_the_others(world, tap, caplog):
    def broken(at):
        raise RuntimeError("no luck")

    worker = worker_at(NOON, jobs=(Job("broken", broken), *JOBS))
    assert worker.run_dry() > 0
    assert "job broken failed" in caplog.text
    assert Notice.objects.filter(user=world.zhang).exists()


def test_a_rare_job_runs_once_in_its_time(db):
    ran = []
    rare = Job("rare", lambda at: ran.append(at) or 0, every=60)
    worker = worker_at(NOON, jobs=(rare,))
    worker.round()
    worker.round()
    assert ran == [NOON]


def test_it_stops_when_told_after_the_job_in_hand(db):
    stop = threading.Event()
    seen = []

    def job(at):
        seen.append(at)
        if len(seen) == 3:
            stop.set()
        return 1

    after = Job("after", lambda at: seen.append("after") or 0)
    worker_at(NOON, jobs=(Job("busy", job), after), stop=stop).run()
    assert seen == [NOON, "after", NOON]  # what follows the job in hand is not begun


def test_an_idle_worker_sleeps_longer_and_longer(db):
    class Stop(threading.Event):
        waits: list[float] = []

        def wait(self, timeout=None):
            self.waits.append(timeout)
            if len(self.waits) == 5:
                self.set()
            return self.is_set()

    worker = Worker(clock=lambda: NOON, interval=1, jobs=(Job("idle", lambda at: 0),), stop=Stop())
    worker.run()
    assert Stop.waits == [2, 4, 5, 5, 5]
