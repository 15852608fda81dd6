"""Parts of the demo that need no database."""

import sqlite3
from datetime import UTC, datetime, timedelta
from io import BytesIO
from random import Random

import pytest
from PIL import Image

from tongxin.demo import letters, pictures, place, serving
from tongxin.demo.letters import real_letters, sample_letters
from tongxin.demo.replay import seeded_id

NOW = datetime(2027, 5, 6, 1, 0, tzinfo=UTC)


def test_letters_are_moved_by_whole_weeks():
    found = sample_letters(until=NOW)
    shifts = {one.at - one.message.at for one in found}
    assert len(shifts) == 1
    assert shifts.pop() % timedelta(weeks=1) == timedelta()
    assert NOW - timedelta(weeks=1) < found[-1].at <= NOW


def test_without_the_file_of_real_messages_there_are_none(monkeypatch, tmp_path):
    monkeypatch.setattr(letters, "hot_file", lambda: tmp_path / "none.csv")
    assert real_letters(until=NOW, count=10, dice=Random(1)) == []


def test_real_messages_are_drawn_by_the_dice(monkeypatch, tmp_path):
    file = tmp_path / "hot.csv"
    rows = [f"{n},A{n},2019-12-{n % 28 + 1:02d} 10:00:00,0,0,题{n},内容{n}" for n in range(40)]
    file.write_text("\n".join(["message_id,user_id,created_at,likes,dislikes,topic,detail", *rows]))
    monkeypatch.setattr(letters, "hot_file", lambda: file)
    first, again = (real_letters(until=NOW, count=10, dice=Random(1)) for _n in range(2))
    assert first == again
    assert len(first) == 10
    assert all(one.is_real and one.at <= NOW for one in first)


@pytest.mark.parametrize("scene", pictures.SCENES)
def test_a_scene_differs_before_and_after(scene):
    before, after = (pictures.draw(scene, 0, done=done) for done in (False, True))
    assert Image.open(BytesIO(before)).size == (800, 600)
    assert (before != after) or scene == "receipt"


def test_ids_are_seeded_and_carry_their_time():
    first, again = (seeded_id(NOW, Random(7)) for _n in range(2))
    assert first == again
    assert first.version == 7
    assert first.int >> 80 == int(NOW.timestamp() * 1000)


class TestPlace:
    def make(self, folder, table):
        folder.mkdir(parents=True)
        with sqlite3.connect(folder / "tongxin.sqlite3") as db:
            db.execute(f"CREATE TABLE {table} (id)")
        db.close()

    def test_the_demo_is_the_only_data_until_something_else_is_set_up(self, tmp_path, monkeypatch):
        monkeypatch.setattr(place, "ROOT", tmp_path)
        assert not place.is_only_data()
        self.make(tmp_path / "var" / "demo", "accounts_user")
        assert place.is_only_data()
        self.make(tmp_path / "var" / "x", "other")
        (tmp_path / "var" / "x" / "tongxin.sqlite3").rename(tmp_path / "var" / "tongxin.sqlite3")
        assert place.is_only_data()

    def test_an_installation_goes_before_the_demo(self, tmp_path, monkeypatch):
        monkeypatch.setattr(place, "ROOT", tmp_path)
        self.make(tmp_path / "var" / "demo", "accounts_user")
        (tmp_path / "var" / "tongxin.sqlite3").write_bytes(
            (tmp_path / "var" / "demo" / "tongxin.sqlite3").read_bytes()
        )
        assert not place.is_only_data()


def test_a_port_in_use_is_refused_before_anything_is_done():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(serving.DemoStopped, match="已被占用"):
            serving.run_demo(port=taken.getsockname()[1], messages=0, with_worker=False)
