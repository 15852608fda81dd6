"""Photos from people: proved to be pictures, cleaned of everything but the picture, made small."""

import hashlib
import io
import math
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image, UnidentifiedImageError

from tongxin.kit.errors import Invalid

MEBI = 1024 * 1024
CLEAN_SIDE = 2048
THUMB_SIDE = 480
QUALITY = 85

_FORMATS = ("JPEG", "PNG", "WEBP")
_CAMERA_ZONE = ZoneInfo("Asia/Shanghai")
_BLANK_PIXELS = 4_000_000
_PIXELS_PER_BYTE = 500
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PhotoTooLarge(Invalid):
    """More bytes than allowed."""


class NotAPhoto(Invalid):
    """Not a JPEG, PNG or WebP picture."""


class HeicPhoto(NotAPhoto):
    """A picture in Apple's HEIC format, which browsers cannot show."""


class DamagedPhoto(NotAPhoto):
    """A picture that breaks off or cannot be decoded."""


class TooManyPixels(Invalid):
    """More pixels than allowed, or so few bytes for them that the picture is a trap."""


@dataclass(frozen=True)
class Photo:
    """A checked photo.

    `format`, `sha256` and `exif` tell of the file handed in; `width` and `height` are those of
    `clean`, a JPEG of at most 2048 px, upright and without any metadata; `thumb` has at most
    480 px. `exif` holds what was readable of taken_at (aware), lng and lat (WGS-84), camera.
    """

    format: str
    width: int
    height: int
    sha256: str
    clean: bytes = field(repr=False)
    thumb: bytes = field(repr=False)
    exif: dict[str, Any] = field(default_factory=dict)


def check_photo(data: bytes, *, max_bytes: int = 15 * MEBI, max_pixels: float = 50e6) -> Photo:
    """Prove that `data` is a photo, and clean it. Raises PhotoTooLarge, NotAPhoto, TooManyPixels."""
    if len(data) > max_bytes:
        raise PhotoTooLarge(
            f"照片太大（{len(data) / MEBI:.1f} MB），最大 {max_bytes / MEBI:g} MB，请压缩后再上传"
        )
    picture = _open(data, max_pixels)
    exif = _read_exif(picture)
    upright = _upright(_decode(picture), exif.pop("orientation", 1))
    small = upright.copy()
    # Halved by the mean first where it is far too large: half the work, and nobody sees it.
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), reducing_gap=1.5)
    return Photo(
        format="JPEG" if picture.format == "MPO" else str(picture.format),
        width=upright.width,
        height=upright.height,
        sha256=hashlib.sha256(data).hexdigest(),
        clean=_jpeg(upright),
        thumb=_jpeg(small),
        exif=exif,
    )


def _open(data: bytes, max_pixels: float) -> Image.Image:
    """Read the header only, so that a bomb is refused before it is decoded."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise HeicPhoto(
            "暂不支持 HEIC 格式的照片，请在手机“设置 > 相机 > 格式”中选择“兼容性最佳”后重新拍摄，或转换为 JPG"
        )
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(max_pixels) from error
    except UnidentifiedImageError as error:
        raise NotAPhoto("这不是图片，请上传 JPG、PNG 或 WebP 格式的照片") from error
    except Exception as error:
        raise DamagedPhoto("图片已损坏，请重新拍摄或重新选择") from error
    pixels = picture.width * picture.height
    if pixels > max_pixels or pixels > max(_BLANK_PIXELS, _PIXELS_PER_BYTE * len(data)):
        raise _too_many(max_pixels)
    return picture


def _too_many(max_pixels: float) -> TooManyPixels:
    return TooManyPixels(f"图片像素过大，最多 {max_pixels / 1e4:.0f} 万像素，请缩小后再上传")


def _decode(picture: Image.Image) -> Image.Image:
    """The picture in RGB on white, no longer than CLEAN_SIDE, free of metadata."""
    shrink = max(picture.size) / CLEAN_SIDE
    try:
        if shrink > 1:
            picture.draft(picture.mode, (int(picture.width / shrink), int(picture.height / shrink)))
        picture.load()
        picture.thumbnail((CLEAN_SIDE, CLEAN_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        plain = _on_white(picture)
    except Exception as error:
        # A damaged file can make the decoders raise nearly anything; none of it is our bug.
        raise DamagedPhoto("图片没有传完整或已损坏，请重新上传") from error
    plain.info = {}
    return plain


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    return white


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _read_exif(picture: Image.Image) -> dict[str, Any]:
    """What can be read of orientation, taken_at, lng, lat and camera; damaged parts are left out."""
    found: dict[str, Any] = {}
    for reader in (_orientation, _taken_at, _position, _camera):
        try:
            found |= reader(picture.getexif())
        except Exception:  # noqa: S112 - EXIF is written by anybody; a part we cannot read is no part
            continue
    return found


def _orientation(exif: Image.Exif) -> dict[str, Any]:
    return {"orientation": int(exif.get(ExifTags.Base.Orientation, 1))}


def _taken_at(exif: Image.Exif) -> dict[str, Any]:
    """The moment of the shot; a camera that does not say its zone is taken to be in China."""
    part = exif.get_ifd(ExifTags.IFD.Exif)
    text = part.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    if not text:
        return {}
    zone = _zone(_text(part.get(ExifTags.Base.OffsetTimeOriginal, "")))
    taken_at = datetime.strptime(_text(text)[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    return {"taken_at": taken_at}


def _zone(offset: str) -> tzinfo:
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", offset)
    if not match:
        return _CAMERA_ZONE
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-ahead if match[1] == "-" else ahead)


def _position(exif: Image.Exif) -> dict[str, Any]:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    if not gps:
        return {}
    lat = _degrees(gps[ExifTags.GPS.GPSLatitude], _text(gps[ExifTags.GPS.GPSLatitudeRef]), "NS")
    lng = _degrees(gps[ExifTags.GPS.GPSLongitude], _text(gps[ExifTags.GPS.GPSLongitudeRef]), "EW")
    if not (abs(lat) <= 90 and abs(lng) <= 180) or lat == lng == 0:
        return {}
    return {"lng": round(lng, 7), "lat": round(lat, 7)}


def _degrees(parts: Any, side: str, sides: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError("no position")
    return -value if sides.index(side[:1].upper()) else value


def _camera(exif: Image.Exif) -> dict[str, Any]:
    maker, model = (_text(exif.get(tag, "")) for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    name = model if model.startswith(maker) else f"{maker} {model}"
    return {"camera": name[:80]} if name else {}


def _text(value: Any) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return "".join(mark for mark in text if mark.isprintable()).strip()
