"""The HTTP server: takes a request, has its signatures checked, and answers as it was told to."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import screen, signatures

MAX_BODY = 1024 * 1024


@dataclass
class Arrived:
    """A request as it is shown."""

    id: str | None
    scheme: str
    event_type: str
    attempt: str
    verdicts: list
    body: bytes


class Receiver(ThreadingHTTPServer):
    """`after(id, count)` is called once the `count`th request with an id was answered."""

    daemon_threads = True

    def __init__(self, port, secrets, behaviour, after):
        super().__init__(("127.0.0.1", port), Handler)
        self.secrets, self.behaviour, self.after = secrets, behaviour, after
        self.lock = threading.Lock()
        self.seen = {}

    def count(self, identity):
        with self.lock:
            self.seen[identity] = self.seen.get(identity, 0) + 1
            return self.seen[identity]


class Handler(BaseHTTPRequestHandler):
    # A connection that says nothing does not stay for ever.
    timeout = 30

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            return self.answer(411 if not length.isdigit() else 413)
        body = self.rfile.read(int(length))
        server = self.server
        identity = self.headers.get("svix-id") or self.headers.get("webhook-id")
        secrets = list(server.secrets)
        verdicts = signatures.check(self.headers, body, secrets)
        why = signatures.refused(verdicts, secrets)
        count = server.count(identity) if identity else 1
        again = "seen for the first time" if count == 1 else f"seen {count} times"
        request = Arrived(
            identity, signatures.scheme_of(self.headers), event_type(body), again, verdicts, body
        )
        if why:
            screen.arrived(request, (401, f"refused: {why}"))
            self.answer(401)
        else:
            status, retry_after, delay = server.behaviour.next()
            reason = "as you told it to" if status != 204 else ""
            screen.arrived(request, (status, f"{delay} s late" if delay else reason))
            time.sleep(delay)
            self.answer(status, retry_after)
        if identity:
            server.after(identity, count)

    def do_GET(self):
        screen.say(f"{screen.now()}  {self.command} {screen.short(self.path.encode())}: webhooks are sent by POST")
        self.answer(405)

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_GET

    def answer(self, status, retry_after=None):
        try:
            self.send_response(status)
            if retry_after is not None:
                self.send_header("Retry-After", str(retry_after))
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            # Whoever asked has not waited so long.
            screen.say(f"{screen.now()}  too late: the other side has hung up", "bad")

    def log_message(self, *_):
        pass


def event_type(body):
    """What a body says that it is about."""
    try:
        said = json.loads(body)
    except ValueError:
        return "not JSON"
    if not isinstance(said, dict):
        return "no event"
    found = next((said[name] for name in ("event_type", "type", "title") if isinstance(said.get(name), str)), None)
    return screen.short(found.encode()) if found else "no event"
