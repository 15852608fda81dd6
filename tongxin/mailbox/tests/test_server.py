"""Against a real mail server: Dovecot on loopback takes what is read, an SMTP server what is sent."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from imap_tools import MailBoxUnencrypted

from tongxin.accounts.actions import deliver_due
from tongxin.bench.processes import free_port
from tongxin.cases.models import Case
from tongxin.mailbox import actions
from tongxin.mailbox.models import Letter, Polling
from tongxin.mailbox.tests.post import letter, picture
from tongxin.mailbox.tests.test_receiving import world  # noqa: F401
from tongxin.testing import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.imap]
DOVECOT = Path("/usr/sbin/dovecot")
CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/mail
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {home}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail
}}
first_valid_uid = 0
first_valid_gid = 0
mail_uid = {uid}
mail_gid = {gid}
"""


@pytest.fixture(scope="module")
def server():
    """A Dovecot with one mailbox; yields its port."""
    if not DOVECOT.exists() or os.geteuid() != 0:
        pytest.skip("Dovecot is not installed, or cannot be started by this user")
    # Not below pytest's own folder, which only its owner may enter: Dovecot drops its rights.
    home = Path(tempfile.mkdtemp(prefix="tongxin-dovecot-"))
    home.chmod(0o755)
    mail = home / "mail"
    mail.mkdir()
    shutil.chown(mail, "nobody", "nogroup")
    (home / "passwd").write_text("community:{PLAIN}geheim@1::::::\n")
    uid, gid = mail.stat().st_uid, mail.stat().st_gid
    port = free_port()
    (home / "conf").write_text(CONFIG.format(home=home, port=port, uid=uid, gid=gid))
    process = subprocess.Popen([DOVECOT, "-F", "-c", home / "conf"], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process, home)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen, home: Path) -> None:
    for _try in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, (home / "log").read_text()
            time.sleep(0.05)
    raise AssertionError((home / "log").read_text())


@pytest.fixture
def box(server, settings):
    """The mailbox, empty, as somebody with a mail program sees it."""
    settings.TONGXIN_MAILBOX = f"imap://community:geheim%401@127.0.0.1:{server}/INBOX"
    with MailBoxUnencrypted("127.0.0.1", server).login("community", "geheim@1") as mailbox:
        if uids := mailbox.uids():
            mailbox.delete(uids)
        yield mailbox


@pytest.fixture
def post_office(settings):
    """An SMTP server that keeps what it is given."""

    class Keeper:
        def __init__(self) -> None:
            self.letters: list[bytes] = []

        async def handle_DATA(self, server, session, envelope):  # noqa: N802 (its name there)
            self.letters.append(envelope.content)
            return "250 OK"

    keeper = Keeper()
    controller = Controller(keeper, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield keeper.letters
    controller.stop()


def put(box, message) -> None:
    box.append(bytes(message), "INBOX")


def test_the_whole_way_and_back(world, box, post_office):  # noqa: F811
    """A letter opens a case, its answer leaves, the reply to the answer finds the case."""
    message = letter()
    message.add_attachment(picture(), maintype="image", subtype="jpeg", filename="现场.jpg")
    put(box, message)
    put(box, letter("自动回复：我在休假", id="<auto@x>", Auto_Submitted="auto-replied"))
    assert actions.poll_due(at=NOON) == 2
    case = Case.objects.get()
    assert case.evidence.count() == 1
    assert deliver_due(at=NOON) == {"sent": 1, "failed": 0}
    answer = message_from_bytes(post_office[0], policy=policy.default)
    assert answer["To"] == "wang@mail.example"
    assert case.number in answer.get_content()

    # What a mail program makes of 回复: it takes Reply-To and refers to what it answers.
    reply = letter(
        "门牌是3号楼\n\n> 您好，您的来信已登记", to=str(answer["Reply-To"]), subject=f"回复: {answer['Subject']}",
        id="<2@mail.example>", In_Reply_To=str(answer["Message-ID"]),
    )  # fmt: skip
    put(box, reply)
    later = NOON + timedelta(minutes=2)
    assert actions.poll_due(at=later) == 1
    assert case.events.get(name="add").note == "来信补充：门牌是3号楼"
    assert Case.objects.count() == 1
    assert actions.poll_due(at=later) == 0
    # Nothing on the server is changed: a person with a mail program still sees three new letters.
    assert box.folder.status("INBOX")["UNSEEN"] == 3


def test_a_crash_reads_again_and_acts_once(world, box, monkeypatch):  # noqa: F811
    put(box, letter())
    put(box, letter("第二封", id="<2@x>"))
    from tongxin.mailbox.actions import polling

    taken = []

    def crash_after_first(**given):
        if taken:
            raise RuntimeError("power cut")
        taken.append(actions.take_letter(**given))

    with monkeypatch.context() as patched:
        patched.setattr(polling, "take_letter", crash_after_first)
        with pytest.raises(RuntimeError):
            actions.poll_due(at=NOON)
    Polling.objects.update(last_uid=0)  # as if even the first had not been written down
    assert actions.poll_due(at=NOON) == 0  # the lease of the worker that died
    assert actions.poll_due(at=NOON + timedelta(minutes=6)) == 2
    assert Letter.objects.count() == Case.objects.count() == 2


def test_a_huge_message_is_read_in_part_and_waits(world, box, monkeypatch):  # noqa: F811
    monkeypatch.setattr("tongxin.mailbox.actions.polling.MOST_BYTES", 5_000)
    monkeypatch.setattr("tongxin.mailbox.actions.receiving.MOST_BYTES", 5_000)
    message = letter()
    message.add_attachment(b"x" * 50_000, maintype="image", subtype="jpeg")
    put(box, message)
    assert actions.poll_due(at=NOON) == 1
    held = Letter.objects.get()
    assert (held.state, held.subject) == ("held", "水管漏水")
    assert "太大" in held.why
    assert held.raw.size <= 5_000


def test_a_server_that_is_not_there_is_said_and_asked_again(world, settings):  # noqa: F811
    settings.TONGXIN_MAILBOX = f"imap://community:x@127.0.0.1:{free_port()}/INBOX"
    assert actions.poll_due(at=NOON) == 0
    polling = Polling.objects.get()
    assert "Refused" in polling.error
    assert polling.leased_until is None


def test_a_wrong_password_is_said(world, box, server, settings):  # noqa: F811
    settings.TONGXIN_MAILBOX = f"imap://community:wrong@127.0.0.1:{server}/INBOX"
    assert actions.poll_due(at=NOON) == 0
    assert "Login" in Polling.objects.get(mailbox__startswith="community").error
