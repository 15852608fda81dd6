"""Letters as mail programs write them."""

from __future__ import annotations

import io
from email.message import EmailMessage

from PIL import Image

PINE, SALT = "pine@shequ.example", "salt@shequ.example"
SENDER = "王大妈 <wang@mail.example>"


def letter(
    text="三楼水管漏水，请派人来修。", *, to=PINE, subject="水管漏水", sender=SENDER, **headers
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = headers.pop("id", "<1@mail.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def picture(color="red", size=(400, 300)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()
