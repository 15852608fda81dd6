import contextlib
import hashlib
import io
import random
import struct
import zlib
from datetime import datetime, timedelta

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from tongxin.kit import images
from tongxin.kit.images import check_photo

GPS, BASE = ExifTags.GPS, ExifTags.Base
SECRET = b"secret place"


def picture(size=(60, 40), mode="RGB", colour="red"):
    return Image.new(mode, size, colour)


def noise(size=(64, 48)):
    return Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))


def encoded(image, kind="JPEG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(gps=None, camera=None, **base):
    made = Image.Exif()
    for name, value in base.items():
        made[BASE[name]] = value
    made.get_ifd(ExifTags.IFD.Exif).update(camera or {})
    made.get_ifd(ExifTags.IFD.GPSInfo).update(gps or {})
    return made


def gps(lat=(39, 1, 30.0), lng=(117, 42, 0.0), sides="NE"):
    return {
        GPS.GPSLatitude: lat,
        GPS.GPSLatitudeRef: sides[0],
        GPS.GPSLongitude: lng,
        GPS.GPSLongitudeRef: sides[1],
    }


def png_claiming(size):
    """A small PNG whose header says that it is larger."""
    data = encoded(picture(), "PNG")
    header = b"IHDR" + struct.pack(">LL", *size) + data[24:29]
    return data[:12] + header + struct.pack(">L", zlib.crc32(header)) + data[33:]


def read(data):
    return Image.open(io.BytesIO(data))


class TestCheckPhoto:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_it_works(self, kind):
        data = encoded(noise(), kind)
        photo = check_photo(data)
        assert (photo.format, photo.width, photo.height, photo.exif) == (kind, 64, 48, {})
        assert photo.sha256 == hashlib.sha256(data).hexdigest()
        for made in (photo.clean, photo.thumb):
            assert read(made).format == "JPEG"
            assert read(made).size == (64, 48)

    def test_it_makes_large_pictures_smaller(self):
        photo = check_photo(encoded(Image.linear_gradient("L").resize((3000, 1500))))
        assert (photo.width, photo.height) == read(photo.clean).size == (2048, 1024)
        assert read(photo.thumb).size == (480, 240)

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_it_turns_pictures_upright(self, orientation):
        # Green in what the camera saw top left, red elsewhere.
        upright = picture((80, 40))
        upright.paste("green", (0, 0, 40, 20))
        back = {6: 8, 8: 6}.get(orientation, orientation)
        stored = upright if back == 1 else upright.transpose(images._TURNS[back])
        photo = check_photo(encoded(stored, quality=95, exif=exif(Orientation=orientation)))
        assert (photo.width, photo.height) == (80, 40)
        for made in (photo.clean, photo.thumb):
            assert read(made).getpixel((10, 10))[1] > 100
            assert read(made).getpixel((70, 30))[0] > 200

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "YCbCr"])
    def test_it_takes_every_mode(self, mode):
        kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
        colour = 0 if mode == "I;16" else "black"
        photo = check_photo(encoded(picture(mode=mode, colour=colour), kind))
        assert read(photo.clean).mode == "RGB"

    def test_it_sees_through_to_white(self):
        photo = check_photo(encoded(picture(mode="RGBA", colour=(0, 0, 0, 0)), "PNG"))
        assert read(photo.clean).getpixel((5, 5)) == (255, 255, 255)

    def test_it_takes_the_first_of_moving_pictures(self):
        frames = [picture(colour="red"), picture(colour="blue")]
        for kind in ("PNG", "WEBP"):
            data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
            assert read(check_photo(data).clean).getpixel((5, 5))[0] > 200

    def test_it_takes_phones_that_store_two_pictures_in_one(self):
        data = encoded(noise(), "MPO", save_all=True, append_images=[noise()])
        assert read(data).format == "MPO"
        assert check_photo(data).format == "JPEG"


class TestCleaning:
    def test_it_leaves_nothing_but_the_picture(self):
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET.decode())
        hidden = exif(gps(), {BASE.UserComment: SECRET}, Make=SECRET.decode())
        handed_in = [
            encoded(noise(), exif=hidden, comment=SECRET, icc_profile=SECRET, xmp=SECRET),
            encoded(noise(), "PNG", exif=hidden, pnginfo=text, icc_profile=SECRET),
            encoded(noise(), "WEBP", exif=hidden, icc_profile=SECRET, xmp=SECRET),
            encoded(noise()) + SECRET,
        ]
        for data in handed_in:
            assert SECRET in data or b"zTXt" in data or b"iCCP" in data
            photo = check_photo(data)
            for made in (photo.clean, photo.thumb):
                assert SECRET not in made
                left = read(made)
                left.load()
                assert not left.getexif()
                assert set(left.info) <= {
                    "jfif",
                    "jfif_version",
                    "jfif_unit",
                    "jfif_density",
                    "dpi",
                }

    def test_it_does_not_print_the_bytes(self):
        assert len(repr(check_photo(encoded(noise())))) < 300


class TestExif:
    def test_it_reads_place_time_and_camera(self):
        made = exif(
            gps(),
            {BASE.DateTimeOriginal: "2026:11:22 14:20:05"},
            Make="HUAWEI",
            Model="Mate 70",
        )
        found = check_photo(encoded(noise(), exif=made)).exif
        assert found["lat"] == pytest.approx(39.025)
        assert found["lng"] == pytest.approx(117.7)
        assert found["taken_at"] == datetime.fromisoformat("2026-11-22T14:20:05+08:00")
        assert found["camera"] == "HUAWEI Mate 70"

    def test_it_reads_the_zone_of_the_camera(self):
        part = {BASE.DateTimeOriginal: "2026:11:22 14:20:05", BASE.OffsetTimeOriginal: "-03:30"}
        taken_at = check_photo(encoded(noise(), exif=exif(camera=part))).exif["taken_at"]
        assert taken_at.utcoffset() == -timedelta(hours=3, minutes=30)

    def test_it_reads_south_and_west(self):
        found = check_photo(encoded(noise(), exif=exif(gps(sides="SW")))).exif
        assert (found["lat"], found["lng"]) == (pytest.approx(-39.025), pytest.approx(-117.7))

    @pytest.mark.parametrize(
        "broken",
        [
            exif({GPS.GPSLatitude: (39, 1, 30.0)}),
            exif(gps(lat=(99, 0, 0))),
            exif(gps(lat=(0, 0, 0), lng=(0, 0, 0))),
            exif(gps(lat=(39, 1))),
            exif(gps(sides="??")),
            exif(camera={BASE.DateTimeOriginal: "0000:00:00 00:00:00"}),
            exif(camera={BASE.DateTimeOriginal: "yesterday"}),
            exif(Orientation=99),
        ],
    )
    def test_it_leaves_out_what_makes_no_sense(self, broken):
        assert check_photo(encoded(noise(), exif=broken)).exif == {}

    def test_it_keeps_what_makes_sense_beside_it(self):
        made = exif(gps(lat=(99, 0, 0)), Model="Mate 70", Orientation=6)
        photo = check_photo(encoded(noise(), exif=made))
        assert photo.exif == {"camera": "Mate 70"}
        assert (photo.width, photo.height) == (48, 64)

    @pytest.mark.filterwarnings("ignore::UserWarning")
    def test_it_never_fails_on_damage(self):
        made = exif(gps(), {BASE.DateTimeOriginal: "2026:11:22 14:20:05"}, Model="x", Orientation=6)
        sound = made.tobytes()
        rng = random.Random(7)
        small = noise((8, 8))
        for _ in range(150):
            damaged = bytearray(sound)
            for _ in range(rng.randint(1, 12)):
                damaged[rng.randrange(6, len(damaged))] = rng.randrange(256)
            check_photo(encoded(small, exif=bytes(damaged)))

    def test_it_keeps_control_characters_out(self):
        found = check_photo(encoded(noise(), exif=exif(Model="Mate\n\x07 70"))).exif
        assert found["camera"] == "Mate 70"


class TestRefusals:
    def test_it_refuses_too_many_bytes(self):
        data = encoded(noise())
        assert check_photo(data, max_bytes=len(data))
        with pytest.raises(images.PhotoTooLarge) as caught:
            check_photo(data, max_bytes=len(data) - 1)
        assert caught.value.message.startswith("照片太大（0.0 MB）")
        assert caught.value.status == 422

    @pytest.mark.parametrize(
        "data",
        [b"", b"hello", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8"],
    )
    def test_it_refuses_what_is_no_picture(self, data):
        with pytest.raises(images.NotAPhoto) as caught:
            check_photo(data)
        assert caught.value.message == "这不是图片，请上传 JPG、PNG 或 WebP 格式的照片"

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
    def test_it_refuses_other_formats(self, kind):
        with pytest.raises(images.NotAPhoto):
            check_photo(encoded(picture(), kind))

    def test_it_refuses_heic_with_advice(self):
        with pytest.raises(images.HeicPhoto) as caught:
            check_photo(b"\0\0\0\x24ftypheic" + b"\0" * 100)
        assert "兼容性最佳" in caught.value.message

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_it_refuses_pictures_cut_short(self, kind):
        data = encoded(noise((200, 200)), kind)
        for part in (0.3, 0.6, 0.9):
            with pytest.raises(images.NotAPhoto):
                check_photo(data[: int(len(data) * part)])

    @pytest.mark.filterwarnings("ignore::UserWarning")
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_it_refuses_damage_and_never_fails(self, kind):
        sound = encoded(noise((32, 32)), kind)
        rng = random.Random(3)
        for _ in range(60):
            damaged = bytearray(sound)
            for _ in range(rng.randint(1, 8)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            with contextlib.suppress(images.NotAPhoto, images.TooManyPixels):
                check_photo(bytes(damaged))

    def test_it_refuses_too_many_pixels(self):
        data = encoded(noise((100, 100)))
        assert check_photo(data, max_pixels=10_000)
        with pytest.raises(images.TooManyPixels) as caught:
            check_photo(data, max_pixels=9_999)
        assert caught.value.message.startswith("图片像素过大")

    @pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
    @pytest.mark.parametrize("size", [(65_000, 3_000), (12_000, 8_000), (7_000, 7_000)])
    def test_it_refuses_bombs_before_decoding(self, size, monkeypatch):
        bomb = png_claiming(size)
        monkeypatch.setattr(
            PngImagePlugin.PngImageFile, "load", lambda self: pytest.fail("decoded")
        )
        with pytest.raises(images.TooManyPixels):
            check_photo(bomb)

    def test_it_takes_a_blank_page_of_ordinary_size(self):
        assert check_photo(encoded(picture((1080, 2400), colour="white"), "PNG"))
