"""The demo's letters: each way a letter may go, and nothing leaves the house."""

from collections import Counter
from random import Random

import pytest

from tongxin.accounts.actions import deliver_due
from tongxin.demo.mailbox import make_mailbox
from tongxin.mailbox.models import Letter
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


def test_letters_of_every_fate(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_mailbox(world.tong, Random(1), at=NOON)
    states = Counter(Letter.objects.values_list("state", flat=True))
    assert states == {"filed": 3, "refused": 2, "held": 2}
    assert deliver_due(at=NOON) == {"sent": 0, "failed": 0}
