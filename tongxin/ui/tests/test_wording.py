"""Times as people say them; personal data as strangers see it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from tongxin.ui.wording import exact_time, friendly_time, masked

# Tuesday 3 November 2026, 14:20 in China
NOW = datetime(2026, 11, 3, 6, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(), "今天 14:20"),
        (timedelta(hours=-14), "今天 00:20"),
        (timedelta(hours=-15), "昨天 23:20"),
        (timedelta(days=-2), "前天 14:20"),
        (timedelta(days=1, hours=-5), "明天 09:20"),
        (timedelta(days=2), "后天 14:20"),
        (timedelta(days=-3), "10月31日 周六"),
        (timedelta(days=-400), "2025年9月29日"),
    ],
)
def test_a_moment_is_said_as_people_say_it(delta, words):
    assert friendly_time(NOW + delta, NOW) == words


def test_a_day_has_no_hour():
    assert friendly_time(date(2026, 11, 2), NOW) == "昨天"
    assert exact_time(date(2026, 11, 2)) == "2026年11月2日 周一"


def test_the_exact_time_is_to_the_second():
    assert exact_time(NOW) == "2026年11月3日 周二 14:20:00"


def test_words_follow_the_language_of_the_reader():
    with translation.override("en"):
        assert friendly_time(NOW, NOW).endswith("14:20")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("13812345678", "138****5678"),
        ("022-25701234", "022****1234"),
        ("120107196502031234", "1201**********1234"),
        ("lixl@example.com", "l***@example.com"),
        ("李秀兰", "李**"),
        ("", ""),
        (None, ""),
    ],
)
def test_personal_data_is_masked(text, hidden):
    assert masked(text) == hidden
