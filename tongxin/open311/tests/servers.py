"""Another Open311 server that behaves badly, on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Fake:
    """Answers what `script` says for "POST requests.json" and so on, in turn; keeps what it got.

    An answer is (status, body as bytes or JSON), or a callable that gets the handler. The last one
    of a script is repeated.
    """

    def __init__(self):
        self.got, self.script = [], {}
        self.released = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                parts = urlsplit(self.path)
                word = f"{self.command} {parts.path.removeprefix('/v2/')}"
                fake.got.append((word, {k: v[0] for k, v in parse_qs(body or parts.query).items()}))
                answers = fake.script.get(word) or fake.script.get(f"{self.command} *")
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if callable(answer):
                    answer = answer(self)
                if answer is None:
                    return
                status, told = answer
                content = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v2"
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

    def words(self):
        return [word for word, _form in self.got]

    def posts(self):
        return [form for word, form in self.got if word.startswith("POST")]


def drop(handler):
    """Take the call, and hang up without a word."""
    handler.connection.close()
