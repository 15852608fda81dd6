"""Other systems, on this machine: an HTTP server that takes, refuses or hangs, and a mail server."""

import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """A webhook receiver in a thread; `answers` are statuses to give in turn, then 200."""

    def __init__(self):
        self.got, self.answers = [], []
        self.hangs = threading.Event()
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, self.headers, body))
                if receiver.hangs.is_set():
                    receiver.released.wait(5)
                    return
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", f"{receiver.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def bodies(self):
        return [json.loads(body) for _path, _headers, body in self.got]


def signed_by(secret, headers, body):
    """Check a signature as the manual tells receivers to."""
    message = headers["X-Tongxin-Timestamp"].encode() + b"." + body
    signature = "sha256=" + hmac.new(secret.encode(), message, "sha256").hexdigest()
    return hmac.compare_digest(signature, headers["X-Tongxin-Signature"])


class Mailbox:
    """What the mail server keeps; it refuses recipients at refused.example."""

    def __init__(self):
        self.letters = []

    async def handle_RCPT(self, server, session, envelope, address, _options):  # noqa: N802
        if address.endswith("@refused.example"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.letters.append(envelope)
        return "250 OK"
