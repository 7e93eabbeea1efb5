"""The HTTP server: receives requests, checks their signatures, and answers as requested."""

import json
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import screen, signatures

MAX_BODY = 1024 * 1024


@dataclass
class Arrived:
    """A request with the values to show."""

    id: str | None
    scheme: str
    event_type: str
    attempt: int
    verdicts: list
    body: bytes


class Receiver(ThreadingHTTPServer):
    """Listens on this machine only. `journal` finds the records of deliveries, and may be None."""

    daemon_threads = True

    def __init__(self, port, secrets, behaviour, journal):
        super().__init__(("127.0.0.1", port), Handler)
        self.secrets, self.behaviour, self.journal = secrets, behaviour, journal
        self.lock = threading.Lock()
        self.seen = {}

    def attempt(self, identity):
        """The number of this attempt: one more than were seen here, or recorded before this receiver was started."""
        with self.lock:
            attempts = self.seen.get(identity)
        if attempts is None:
            attempts = self.journal.attempts_of(identity) if self.journal else 0
        with self.lock:
            self.seen[identity] = max(attempts, self.seen.get(identity, 0)) + 1
            return self.seen[identity]

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            return super().handle_error(request, client_address)
        screen.say(f"{screen.now()}  a request was incomplete: {error}", "bad")


class Handler(BaseHTTPRequestHandler):
    # Closes connections that send nothing, after this many seconds.
    timeout = 30

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return self.answer(411)
        if int(length) > MAX_BODY:
            return self.answer(413)
        request, refused = self.inspect(self.rfile.read(int(length)))
        if refused:
            screen.arrived(request, 401, "rejected" if request.verdicts else "rejected: it has no signature")
            self.answer(401)
        else:
            status, retry_after, delay = self.server.behaviour.next()
            requested = status != 204 or delay
            screen.arrived(request, status, f"{f'{delay} s late, ' if delay else ''}as requested" if requested else "")
            time.sleep(delay)
            self.answer(status, retry_after)
        if request.id and self.server.journal:
            self.server.journal.follow(request.id, request.attempt)

    def inspect(self, body):
        """The request with its verdicts, and whether it must be rejected."""
        identity = self.headers.get("svix-id") or self.headers.get("webhook-id")
        attempt = self.server.attempt(identity) if identity else 1
        secrets = list(self.server.secrets)
        verdicts = signatures.check(self.headers, body, secrets)
        request = Arrived(identity, signatures.scheme_of(self.headers), event_type(body), attempt, verdicts, body)
        return request, signatures.refused(verdicts, secrets)

    def do_GET(self):
        screen.say(f"{screen.now()}  {self.command} {screen.short(self.path.encode())}: webhooks use POST")
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
            # The sender did not wait for this long.
            screen.say(f"{screen.now()}  too late: the sender has closed the connection", "bad")

    def log_message(self, *_):
        pass


def event_type(body):
    """The event type in a body, or a short description of the body."""
    try:
        data = json.loads(body)
    except ValueError:
        return "not JSON"
    if not isinstance(data, dict):
        return "not an event"
    found = next((data[name] for name in ("event_type", "type", "title") if isinstance(data.get(name), str)), None)
    return screen.short(found.encode()) if found else "not an event"
