"""Photos: proved, stripped, kept once, shown by their owner's gate, their origin for a reason."""

import io
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from PIL import ExifTags, Image

from tongxin.accounts.models import AuditEntry
from tongxin.kit.errors import KeyReused
from tongxin.kit.ids import uuid7
from tongxin.kit.images import DamagedPhoto, NotAPhoto, PhotoTooLarge, TooManyPixels
from tongxin.photos import gates
from tongxin.photos.actions import compare_photo, keep_photo
from tongxin.photos.models import Photo
from tongxin.testing import NOON, World


def jpeg(*, taken: str = "", place: bool = False, size=(64, 48)) -> bytes:
    """A photo of noise; `taken` is local time as cameras write it, the place is 39.25 N, 117.55 E."""
    picture = Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))
    exif = picture.getexif()
    if taken:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if place:
        exif[0x010F], exif[0x0110] = "Huawei", "P60"
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {1: "N", 2: (39.0, 15.0, 0.0), 3: "E", 4: (117.0, 33.0, 0.0)}
        )
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def bomb() -> bytes:
    """A small PNG whose header claims 20,000 × 20,000 pixels."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    data = out.getvalue()
    header = b"IHDR" + struct.pack(">LL", 20_000, 20_000) + data[24:29]
    return data[:12] + header + struct.pack(">L", zlib.crc32(header)) + data[33:]


BAD = {
    "large": (bytes(50 * 2**20), PhotoTooLarge),
    "video": (b"\x00\x00\x00\x20ftypisom" + bytes(4000), NotAPhoto),
    "truncated": (jpeg(size=(400, 300))[:20_000], DamagedPhoto),
    "bomb": (bomb(), TooManyPixels),
}


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def gate():
    """A register that shows every photo to Zhang and opens their origin to her."""
    gates.register("test", lambda actor, photo: actor.username == "zhang", lambda actor, photo: actor.username == "zhang")  # fmt: skip
    yield
    gates._gates.pop("test")


def keep(world, **given) -> Photo:
    return keep_photo(**{"data": jpeg(place=True), "by": world.mei, "at": NOON} | given)


class TestKeeping:
    def test_what_is_kept_tells_nothing_but_the_picture(self, world):
        photo = keep(world, data=jpeg(taken="2026:03:02 10:00:00", place=True))
        with photo.file.open() as file:
            kept = Image.open(file)
            assert dict(kept.getexif()) == {}
        assert (photo.exif["lng"], photo.exif["camera"]) == (117.55, "Huawei P60")
        assert photo.marks == []

    @pytest.mark.parametrize("name", BAD)
    def test_what_is_no_photo_is_refused_with_a_sentence(self, world, name):
        data, error = BAD[name]
        with pytest.raises(error) as refused:
            keep(world, data=data)
        assert len(str(refused.value)) > 8
        assert not Photo.objects.exists()

    @pytest.mark.parametrize("by", ["key", "id"])
    def test_a_retry_acts_once_and_another_file_is_refused(self, world, by):
        given = {"key": "a"} if by == "key" else {"id": uuid7(NOON)}
        first = keep(world, **given)
        assert keep(world, **given) == first
        with pytest.raises(KeyReused):
            keep(world, data=jpeg(), **given)
        assert Photo.objects.get() == first

    def test_keys_are_each_callers_own_and_ids_are_nobody_elses(self, world):
        id = uuid7(NOON)
        keep(world, key="a", id=id)
        assert keep(world, key="a", by=world.wang).uploaded_by == world.wang
        with pytest.raises(KeyReused):
            keep(world, id=id, by=world.wang)


class TestMarks:
    @pytest.mark.parametrize(
        ("taken", "marks"),
        [
            ("2026:03:02 09:55:00", []),
            ("", ["no_exif"]),
            ("2026:03:03 10:00:00", ["time_future"]),
            ("2002:12:08 12:00:00", ["time_false"]),
        ],
    )
    def test_dates_that_cannot_be_are_kept_and_marked(self, world, taken, marks):
        photo = keep(world, data=jpeg(taken=taken))
        assert photo.marks == marks
        assert bool(photo.warnings) == bool(marks)

    def test_a_photo_of_another_place_or_hour_is_kept_and_marked(self, world):
        photo = keep(world, data=jpeg(taken="2026:03:02 10:00:00", place=True))
        assert compare_photo(photo, at=NOON, lng=117.55, lat=39.2525) == []
        assert compare_photo(photo, at=NOON, lng=117.55, lat=39.2530) == ["place_far"]
        late = NOON + timedelta(minutes=61)
        assert compare_photo(photo, at=late, lng=117.55, lat=39.25) == ["place_far", "time_odd"]
        assert Photo.objects.get().marks == ["place_far", "time_odd"]


class TestReading:
    def get(self, world, who: str, photo: Photo, tail: str = ""):
        client = Client()
        client.force_login(getattr(world, who))
        return client.get(f"/photos/{photo.pk}/{tail}")

    @pytest.mark.parametrize("tail", ["", "thumb/"])
    def test_by_who_took_it_and_by_whom_a_gate_says(self, world, gate, tail):
        photo = keep(world)
        for who in ("mei", "zhang"):
            response = self.get(world, who, photo, tail)
            assert response["Content-Type"] == "image/jpeg"
            assert Image.open(io.BytesIO(b"".join(response.streaming_content))).format == "JPEG"
        for who in ("wu", "sun", "liu", "ann"):
            assert self.get(world, who, photo, tail).status_code == 404
        assert Client().get(f"/photos/{photo.pk}/{tail}").status_code == 302

    def test_a_photo_that_is_not_there_is_the_same_404(self, world):
        photo = Photo(pk=uuid7(NOON))
        assert self.get(world, "mei", photo).status_code == 404

    def test_a_file_that_is_gone_is_said_so(self, world):
        photo = keep(world)
        photo.file.storage.delete(photo.file.name)
        assert self.get(world, "mei", photo).status_code == 404


class TestOrigin:
    def post(self, world, who: str, photo: Photo, reason: str):
        client = Client()
        client.force_login(getattr(world, who))
        return client.post(f"/photos/{photo.pk}/origin/", {"reason": reason})

    def test_for_a_reason_and_written_down(self, world, gate):
        photo = keep(world, data=jpeg(taken="2026:03:02 10:00:00", place=True))
        response = self.post(world, "zhang", photo, "核实现场位置")
        assert "Huawei P60" in response.content.decode()
        entry = AuditEntry.objects.get(action="photo.origin")
        assert (entry.actor, entry.object, entry.reason) == (
            world.zhang,
            str(photo.pk),
            "核实现场位置",
        )

    def test_not_without_one(self, world, gate):
        response = self.post(world, "zhang", keep(world), "看看")
        assert response.status_code == 422
        assert "Huawei" not in response.content.decode()
        assert not AuditEntry.objects.exists()

    def test_not_by_who_only_took_it_and_not_by_strangers(self, world, gate):
        photo = keep(world)
        assert self.post(world, "mei", photo, "核实现场位置").status_code == 403
        assert self.post(world, "wu", photo, "核实现场位置").status_code == 404
        assert not AuditEntry.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_photo_on_many_connections_is_kept_once():
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    land = World().build()

    def again(_n: int):
        try:
            return keep(land, key="a").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(again, range(8)))
    photo = Photo.objects.get()
    assert found == {photo.pk}
    assert len(photo.file.storage.listdir("photos/2026-03")[1]) == 2  # no twin's file is left
