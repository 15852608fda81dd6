"""Reading messages: charsets, quotes, pages, attachments, and what no person wrote."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tongxin.mailbox.letters import html_to_text, read_letter, without_quotes
from tongxin.mailbox.tests.post import letter, picture


def test_a_plain_letter():
    read = read_letter(bytes(letter()))
    assert (read.sender, read.sender_name) == ("wang@mail.example", "王大妈")
    assert read.recipients == ("pine@shequ.example",)
    assert (read.subject, read.text) == ("水管漏水", "三楼水管漏水，请派人来修。")
    assert read.automatic == ""


@pytest.mark.parametrize("charset", ["gb2312", "gbk", "gb18030", "utf-8", "big5"])
def test_charsets(charset):
    words = "三楼水管漏水请派人来修" if charset != "big5" else "三樓水管漏水"
    raw = (
        f"From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain; charset={charset}\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + words.encode(charset)
    assert read_letter(raw).text == words


def test_gb2312_that_is_really_gb18030():
    """朱镕基's 镕 is not in GB2312, though programs call it that."""
    raw = b"From: a@b.example\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n" + "镕".encode(
        "gb18030"
    )
    assert read_letter(raw).text == "镕"


@pytest.mark.parametrize("charset", ["gb18030", "utf-8"])
def test_headers_that_declare_nothing(charset):
    raw = b"From: a@b.example\r\nSubject: " + "水管漏水".encode(charset) + b"\r\n\r\nx"
    assert read_letter(raw).subject == "水管漏水"


def test_a_charset_nobody_knows_and_bytes_that_are_none():
    raw = (
        b"From: a@b.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\n" + "水管".encode()
    )
    assert read_letter(raw).text == "水管"
    for junk in (
        b"",
        b"\x00\xff\xfe" * 50,
        b"From: \r\n\r\n",
        b"Subject: =?x?y?z?=\r\nDate: soon\r\n\r\n",
    ):
        assert read_letter(junk).automatic == "daemon"  # nobody is named as its sender


QUOTES = [
    "还没来人。\n\n> 您的来信已登记\n> 编号", "还没来人。\n\n------------------ 原始邮件 ------------------\n发件人: x",
    "还没来人。\n\n在 2026年3月2日 10:00，社区 <a@b.example> 写道：\n您好", "还没来人。\n\n-----Original Message-----\nx",
    "还没来人。\n\nOn Mon, Mar 2, 2026 at 10:00 AM X <a@b.example> wrote:\n> x", "还没来人。\n-- \n王大妈", "还没来人。\n\n发自我的iPhone",
    "还没来人。\n\n发件人：社区\n发送时间：昨天",
]  # fmt: skip


@pytest.mark.parametrize("text", QUOTES)
def test_what_is_quoted_is_left_out(text):
    assert without_quotes(text) == "还没来人。"


def test_a_letter_that_is_all_quote_is_kept_whole():
    assert without_quotes("> 请看下面") == "> 请看下面"


def test_a_page_becomes_text():
    page = """<html><head><title>t</title><style>p{}</style></head><body><p>三楼<b>水管</b></p>
    <div>漏水&nbsp;了<script>alert(1)</script></div><blockquote>引用</blockquote>尾巴</body></html>"""
    assert html_to_text(page) == "三楼水管\n漏水 了\n尾巴"
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content(page, subtype="html")
    assert read_letter(bytes(message)).text == "三楼水管\n漏水 了\n尾巴"
    assert html_to_text("") == ""


def test_photos_and_what_is_none():
    message = letter()
    photo = picture()
    message.add_attachment(photo, maintype="image", subtype="jpeg", filename="现场.jpg")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="说明.pdf")
    message.add_attachment(
        picture(), maintype="application", subtype="octet-stream", filename="b.JPG"
    )
    message.add_attachment(b"GIF89a", maintype="image", subtype="gif", cid="<logo>")
    read = read_letter(bytes(message))
    assert [len(one) for one in read.photos] == [len(photo), len(read.photos[1])]
    assert read.left_out == ("说明.pdf",)
    assert read.text == "三楼水管漏水，请派人来修。"


def test_at_most_nine_photos():
    message = letter()
    for _n in range(12):
        message.add_attachment(picture(), maintype="image", subtype="jpeg")
    assert len(read_letter(bytes(message)).photos) == 9


AUTOMATIC = [
    ({"Auto_Submitted": "auto-replied"}, "auto"), ({"X_Autoreply": "yes"}, "auto"), ({"List_Id": "<x>"}, "list"),
    ({"Precedence": "bulk"}, "list"), ({"Return_Path": "<>"}, "bounce"), ({"sender": "MAILER-DAEMON@x.example"}, "daemon"),
    ({"Auto_Submitted": "no"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "why"), AUTOMATIC)
def test_what_a_machine_wrote_is_known(headers, why):
    assert read_letter(bytes(letter(**headers))).automatic == why


def test_titles_without_reply_marks():
    assert read_letter(bytes(letter(subject="Re: 回复：水管漏水"))).title == "水管漏水"
    assert read_letter(bytes(letter(subject=""))).title == "三楼水管漏水，请派人来修。"
