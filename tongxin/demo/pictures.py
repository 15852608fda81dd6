"""Plain scenes drawn by ourselves, before and after: what the demo's people hand in as photos."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from functools import cache
from io import BytesIO
from random import Random
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFilter

from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.models import Evidence
from tongxin.kit.ids import uuid7

WIDE, HIGH, SCALE = 800, 600, 2  # drawn twice as large, then made smaller: smooth edges
VARIANTS = 2
Colour = tuple[int, int, int]


class Canvas:
    """A drawing in units of 800 × 600."""

    def __init__(self, sky: Colour, ground: Colour, horizon: int) -> None:
        self.image = Image.new("RGB", (WIDE * SCALE, HIGH * SCALE), sky)
        self.draw = ImageDraw.Draw(self.image, "RGBA")
        for row in range(0, horizon, 6):  # the sky grows lighter towards the horizon
            tone = tuple(round(c + (255 - c) * 0.35 * row / horizon) for c in sky)
            self.box(0, row, WIDE, row + 6, tone)
        self.box(0, horizon, WIDE, HIGH, ground)

    def _at(self, *numbers: float) -> Any:
        return [number * SCALE for number in numbers]

    def box(self, x1, y1, x2, y2, fill, *, round_by: float = 0) -> None:
        if round_by:
            self.draw.rounded_rectangle(self._at(x1, y1, x2, y2), round_by * SCALE, fill=fill)
        else:
            self.draw.rectangle(self._at(x1, y1, x2, y2), fill=fill)

    def oval(self, x1, y1, x2, y2, fill) -> None:
        self.draw.ellipse(self._at(x1, y1, x2, y2), fill=fill)

    def line(self, *points: float, fill, width: float) -> None:
        self.draw.line(self._at(*points), fill=fill, width=round(width * SCALE), joint="curve")

    def shape(self, *points: float, fill) -> None:
        self.draw.polygon(self._at(*points), fill=fill)

    def houses(self, dice: Random, base: int, tone: Colour, *, lit: bool = False) -> None:
        x = -20
        while x < WIDE:
            wide, high = dice.randint(90, 150), dice.randint(120, 230)
            self.box(x, base - high, x + wide, base, shade(tone, dice.uniform(0.9, 1.08)))
            for wx in range(x + 14, x + wide - 18, 26):
                for wy in range(base - high + 16, base - 24, 34):
                    bright = lit and dice.random() < 0.45
                    self.box(
                        wx, wy, wx + 14, wy + 20, (250, 224, 150) if bright else shade(tone, 0.72)
                    )
            x += wide + dice.randint(0, 14)

    def finish(self, dice: Random) -> bytes:
        """Return a JPEG; some are a little out of focus."""
        self.draw.text(
            self._at(WIDE - 70, HIGH - 24), "DEMO", fill=(255, 255, 255, 150), font_size=28
        )
        image = self.image.reduce(SCALE)
        if dice.random() < 0.3:
            image = image.filter(ImageFilter.BoxBlur(1))
        out = BytesIO()
        image.save(out, "JPEG", quality=82)
        return out.getvalue()


def shade(tone: Colour, by: float) -> Colour:
    r, g, b = (max(0, min(255, round(part * by))) for part in tone)
    return r, g, b


def lamp(dice: Random, done: bool) -> Canvas:
    c = Canvas((28, 36, 60) if not done else (38, 50, 84), (42, 44, 52), 420)
    c.houses(dice, 420, (62, 68, 92), lit=True)
    c.shape(300, 600, 500, 600, 430, 420, 385, 420, fill=(58, 60, 68))
    c.line(560, 560, 560, 150, 470, 130, fill=(130, 134, 142), width=9)
    if done:
        c.shape(470, 140, 250, 560, 640, 560, fill=(255, 232, 160, 70))
        c.oval(250, 520, 640, 600, (255, 236, 170, 60))
    c.box(440, 124, 500, 142, (255, 240, 190) if done else (84, 88, 98), round_by=6)
    return c


def road(dice: Random, done: bool) -> Canvas:
    c = Canvas((176, 204, 226), (122, 126, 130), 230)
    c.houses(dice, 230, (214, 200, 184))
    c.shape(0, 600, 800, 600, 520, 230, 280, 230, fill=(92, 96, 102))
    for n in range(4):
        y = 270 + n * 85
        c.shape(394, y, 406, y, 409, y + 44, 391, y + 44, fill=(236, 232, 214))
    x, y = dice.randint(190, 215), dice.randint(420, 460)
    if done:
        c.box(x - 30, y - 14, x + 210, y + 90, (66, 68, 72), round_by=8)
        return c
    c.oval(x, y, x + 190, y + 78, (58, 58, 60))
    c.oval(x + 16, y + 14, x + 176, y + 72, (112, 134, 146))
    c.oval(x + 48, y + 28, x + 110, y + 42, (172, 192, 202))
    for n in range(7):
        c.line(
            x + 20 + n * 26,
            y,
            x + dice.randint(-20, 220),
            y - dice.randint(10, 34),
            fill=(62, 62, 64),
            width=2,
        )
    return c


def corridor(dice: Random, done: bool) -> Canvas:
    c = Canvas((226, 222, 210), (168, 162, 152), 470)
    c.shape(0, 0, 180, 90, 180, 430, 0, 600, fill=(206, 201, 188))
    c.shape(800, 0, 620, 90, 620, 430, 800, 600, fill=(212, 207, 195))
    c.box(180, 90, 620, 430, (233, 229, 219))
    c.box(330, 170, 470, 430, (142, 84, 60), round_by=4)
    c.oval(448, 300, 460, 312, (226, 196, 120))
    for n in range(5):
        c.box(0, 300 + n * 60, 180 - n * 34, 312 + n * 60, (150, 144, 134))
    if done:
        c.box(540, 190, 600, 250, (196, 64, 54), round_by=6)
        c.oval(558, 208, 582, 232, (250, 240, 230))
        return c
    for n in range(6):
        x, y = 500 + dice.randint(0, 120), 470 - (n % 3) * 70
        c.box(x, y, x + 96, y + 68, shade((196, 152, 98), dice.uniform(0.85, 1.1)), round_by=3)
        c.line(x, y + 30, x + 96, y + 30, fill=(232, 214, 180), width=6)
    c.oval(190, 430, 290, 530, (60, 62, 66))
    c.oval(206, 446, 274, 514, (168, 162, 152))
    c.line(240, 480, 320, 410, 400, 480, fill=(178, 60, 52), width=9)
    c.oval(350, 430, 450, 530, (60, 62, 66))
    c.oval(366, 446, 434, 514, (168, 162, 152))
    return c


def bins(dice: Random, done: bool) -> Canvas:
    c = Canvas((186, 212, 228), (150, 152, 148), 360)
    c.houses(dice, 330, (222, 206, 186))
    c.box(0, 330, 800, 372, (108, 144, 92))
    colours = ((56, 108, 176), (70, 138, 84), (176, 66, 56), (96, 98, 104))
    for n, tone in enumerate(colours):
        x = 110 + n * 150
        c.box(x, 330, x + 110, 500, tone, round_by=10)
        c.box(x - 6, 318, x + 116, 342, shade(tone, 0.8), round_by=8)
        c.oval(x + 14, 490, x + 38, 514, (40, 42, 46))
        c.oval(x + 72, 490, x + 96, 514, (40, 42, 46))
    if done:
        return c
    for _n in range(26):
        x, y, size = dice.randint(70, 690), dice.randint(452, 552), dice.randint(26, 58)
        tone = dice.choice(
            ((38, 40, 44), (226, 226, 222), (196, 152, 98), (120, 160, 196), (210, 96, 84))
        )
        c.oval(x, y, x + size, y + size * 0.7, tone)
    for n in range(3):
        c.oval(120 + n * 150, 286, 210 + n * 150, 344, (44, 46, 50))
    return c


def pipe(dice: Random, done: bool) -> Canvas:
    c = Canvas((228, 232, 232), (196, 188, 176), 450)
    for x in range(0, 800, 80):
        c.line(x, 0, x, 450, fill=(206, 212, 212), width=2)
    for y in range(0, 450, 80):
        c.line(0, y, 800, y, fill=(206, 212, 212), width=2)
    c.box(180, 120, 620, 190, (246, 248, 248), round_by=18)
    c.line(400, 190, 400, 280, 470, 320, 470, 400, 800, 400, fill=(150, 156, 162), width=30)
    c.box(372, 232, 428, 268, (172, 178, 184) if not done else (206, 160, 84), round_by=6)
    if done:
        c.oval(200, 470, 330, 500, (184, 176, 164))
        return c
    for n in range(7):
        y = 280 + n * 26
        c.oval(392 + dice.randint(-8, 8), y, 404 + dice.randint(-4, 8), y + 18, (116, 168, 206))
    c.oval(210, 470, 620, 570, (138, 178, 204))
    c.oval(280, 492, 460, 524, (184, 210, 226))
    return c


def wall(dice: Random, done: bool) -> Canvas:
    c = Canvas((214, 186, 158), (150, 148, 144), 480)
    for row in range(16):
        for col in range(-1, 11):
            x = col * 80 + (row % 2) * 40
            c.box(
                x + 2,
                row * 30 + 2,
                x + 78,
                row * 30 + 28,
                shade((196, 150, 122), dice.uniform(0.94, 1.06)),
            )
    c.box(0, 480, 800, 490, (120, 118, 114))
    if done:
        c.box(250, 150, 560, 360, (206, 164, 138, 130), round_by=12)
        return c
    for _n in range(17):
        x, y = dice.randint(60, 640), dice.randint(60, 380)
        wide, high = dice.randint(60, 110), dice.randint(40, 90)
        tone = dice.choice(((250, 248, 236), (252, 226, 120), (240, 150, 140), (190, 222, 240)))
        c.box(x, y, x + wide, y + high, tone)
        for line in range(3):
            top = y + 10 + line * (high // 4)
            c.line(x + 8, top, x + wide - dice.randint(8, 30), top, fill=(70, 72, 80), width=3)
    return c


def parking(dice: Random, done: bool) -> Canvas:
    c = Canvas((190, 210, 222), (104, 108, 112), 300)
    c.houses(dice, 300, (206, 196, 188))
    c.shape(120, 600, 700, 600, 520, 300, 300, 300, fill=(88, 92, 98))
    for n in range(6):
        y, k = 330 + n * 48, n * 26
        c.line(290 - k, y, 330 - k, y + 34, fill=(236, 196, 60), width=7)
        c.line(510 + k, y, 480 + k, y + 34, fill=(236, 196, 60), width=7)
    if done:
        return c
    tone = dice.choice(((216, 218, 220), (60, 64, 72), (146, 42, 40), (42, 74, 120)))
    c.shape(300, 380, 350, 320, 470, 320, 520, 380, fill=shade(tone, 0.85))
    c.shape(326, 378, 362, 332, 458, 332, 494, 378, fill=(150, 178, 194))
    c.box(270, 376, 550, 488, tone, round_by=22)
    c.box(286, 408, 346, 436, (250, 240, 200), round_by=8)
    c.box(474, 408, 534, 436, (250, 240, 200), round_by=8)
    for x in (290, 480):
        c.box(x, 470, x + 52, 520, (34, 36, 40), round_by=10)
    return c


def tree(dice: Random, done: bool) -> Canvas:
    c = Canvas((178, 210, 232), (134, 158, 104), 400)
    c.houses(dice, 380, (224, 210, 192))
    c.line(400, 560, 396, 260, fill=(104, 78, 56), width=34)
    for _n in range(24 if done else 44):
        reach = 120 if done else 190
        x, y = 396 + dice.randint(-reach, reach), 190 + dice.randint(-90, 80)
        c.oval(x - 48, y - 42, x + 48, y + 42, shade((88, 138, 74), dice.uniform(0.85, 1.2)))
    if not done:
        c.line(430, 300, 600, 480, 690, 520, fill=(112, 84, 60), width=16)
        for _n in range(10):
            x, y = dice.randint(560, 720), dice.randint(450, 540)
            c.oval(x - 34, y - 24, x + 34, y + 24, shade((104, 142, 70), dice.uniform(0.85, 1.1)))
    return c


def visit(dice: Random, done: bool) -> Canvas:
    c = Canvas((238, 228, 208), (178, 148, 116), 430)
    c.box(80, 80, 300, 300, (196, 222, 236), round_by=6)
    c.line(190, 80, 190, 300, fill=(250, 246, 238), width=8)
    c.line(80, 190, 300, 190, fill=(250, 246, 238), width=8)
    c.box(220, 400, 640, 430, (150, 104, 70), round_by=6)
    c.line(260, 430, 260, 570, fill=(134, 92, 62), width=16)
    c.line(600, 430, 600, 570, fill=(134, 92, 62), width=16)
    if done:
        for n, tone in enumerate(((206, 72, 60), (236, 176, 70), (96, 150, 84))):
            c.box(300 + n * 96, 320 - n * 14, 370 + n * 96, 400, tone, round_by=10)
            c.line(
                318 + n * 96,
                322 - n * 14,
                335 + n * 96,
                292 - n * 14,
                352 + n * 96,
                322 - n * 14,
                fill=shade(tone, 0.7),
                width=6,
            )
    else:
        c.oval(520, 340, 580, 400, (240, 240, 236))
    return c


def receipt(dice: Random, done: bool) -> Canvas:
    c = Canvas((120, 92, 70), (120, 92, 70), 10)
    c.box(240, 50, 560, 560, (250, 248, 240), round_by=4)
    total = 0
    for n in range(7):
        price = dice.randint(4, 30)
        total += price
        c.line(
            270, 130 + n * 44, 270 + dice.randint(90, 160), 130 + n * 44, fill=(90, 90, 96), width=6
        )
        c.draw.text(c._at(486, 118 + n * 44), f"{price}.00", fill=(60, 60, 66), font_size=38)
    c.line(270, 440, 530, 440, fill=(90, 90, 96), width=3)
    c.draw.text(c._at(392, 462), f"CNY {total}.00", fill=(40, 40, 46), font_size=46)
    return c


SCENES: dict[str, Callable[[Random, bool], Canvas]] = {
    scene.__name__: scene
    for scene in (lamp, road, corridor, bins, pipe, wall, parking, tree, visit, receipt)
}
# Which scene shows an item of the catalogue; its category decides where the item is not named.
SCENE_OF = {
    "0301": "corridor", "0302": "wall", "0303": "bins", "0304": "road", "0401": "lamp", "0402": "pipe",
    "0403": "corridor", "0404": "wall", "0405": "corridor", "0501": "road", "0502": "lamp",
    "0503": "road", "0504": "bins", "0505": "tree", "0601": "bins", "0602": "bins", "0603": "tree",
    "0604": "bins", "0701": "parking", "0702": "parking", "0703": "corridor", "0802": "corridor",
    "0803": "pipe", "0804": "pipe", "01": "corridor", "04": "wall", "05": "road", "06": "bins",
    "07": "parking", "08": "pipe", "14": "parking",
}  # fmt: skip


def scene_of(item: str) -> str:
    return SCENE_OF.get(item) or SCENE_OF.get(item[:2], "visit")


def draw(scene: str, variant: int, *, done: bool) -> bytes:
    """Return the JPEG of a scene; before and after share what does not change."""
    dice = Random(f"{scene}{variant}")  # noqa: S311
    return SCENES[scene](dice, done).finish(Random(f"{scene}{variant}{done}"))  # noqa: S311


@cache
def _prepared(scene: str, variant: int, done: bool) -> Evidence:
    """Check and strip a picture once: many cases hand in a copy of it."""
    epoch = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
    return prepare_evidence(
        data=draw(scene, variant, done=done), kind="photo", actor=None, at=epoch
    )


def photo(item: str, kind: str, *, actor, at: datetime, dice: Random) -> Evidence:
    """Return unsaved evidence of a kind ("photo", "before", "after", "receipt") for an item."""
    scene = "receipt" if kind == "receipt" else scene_of(item)
    shown = _prepared(scene, dice.randrange(VARIANTS), kind in ("after", "receipt"))
    evidence = copy.copy(shown)
    evidence._state = copy.copy(shown._state)
    evidence.id, evidence.kind = uuid7(at), kind
    evidence.uploaded_by, evidence.uploaded_at = actor, at
    for name in ("file", "thumb"):
        source = getattr(shown, name)
        source.seek(0)
        setattr(evidence, name, ContentFile(source.read(), name=f"{name}.jpg"))
    return evidence
