"""Sends a first event through the local cloud to its own receiver, and checks that it arrives with a valid signature.

    demo.py DIR ENV_FILE

DIR is the directory of cloud.py, and ENV_FILE the file that deploy.py wrote.
"""

import hashlib
import hmac
import json
import queue
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import cloud
import env
import logs

EVENT = {"type": "custom.hello", "severity": "warning", "data": {"message": "Hello from the local cloud"}}
TIMEOUT = 30


class Failure(Exception):
    """The demo failed; the message says where."""


def main():
    directory, env_file = map(Path, sys.argv[1:])
    variables = env.read(env_file)
    env.use(variables)
    started = time.time()
    try:
        summary = run(variables)
    except Failure as failure:
        print(f"\nThe demo failed: {failure}\n\nThe functions' log:")
        logs.show(since=int(started * 1000))
        print("\nThe local cloud's log:")
        cloud.print_log(directory)
        sys.exit(1)
    print(f"\n{summary}")
    print(f"API     {variables['API_URL']}")
    print(f"Key     {variables['API_KEY']}   (with other variables in {env_file})")
    print(f"Console {variables['CONSOLE_URL']}   (sign in with the key)")
    print(
        f"Try     curl {variables['API_URL']}/v1/events -H 'Authorization: Bearer {variables['API_KEY']}'"
        f" -H 'Content-Type: application/json' -d '{json.dumps(EVENT)}'"
    )


def run(variables):
    def call(method, path, body=None, expected=200):
        return request(variables, method, path, body, expected)

    arrived = queue.Queue()
    url = listen(arrived)
    print("Sending a first event:", flush=True)
    destination = call(
        "POST", "/v1/notifications/destinations", {"channel_type": "webhook", "destination": url}, expected=201
    )
    try:
        rule = call(
            "POST",
            "/v1/notifications/channels",
            {"destination_ids": [destination["id"]], "events": [EVENT["type"]], "min_severity": "info"},
            expected=201,
        )
        try:
            posted = time.monotonic()
            call("POST", "/v1/events", EVENT, expected=202)
            try:
                path, signature, body = arrived.get(timeout=TIMEOUT)
            except queue.Empty:
                raise Failure(f"no webhook arrived within {TIMEOUT} s") from None
            milliseconds = round(1000 * (time.monotonic() - posted))
        finally:
            call("DELETE", f"/v1/notifications/channels/{rule['id']}", expected=None)
    finally:
        call("DELETE", f"/v1/notifications/destinations/{destination['id']}", expected=None)

    received = json.loads(body)
    if (received["event_type"], received["data"]) != (EVENT["type"], EVENT["data"]):
        raise Failure(f"the webhook has another event: {received}")
    ours = hmac.new(destination["webhook_secret"].encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(ours, signature or ""):
        raise Failure(f"the signature is {signature}, but should be {ours}")
    return (
        f"Arrived {milliseconds} ms after it was posted, at {path}: {body.decode()}\n"
        f"Signed  X-STACK-Signature-256: {signature} (checked)"
    )


def listen(arrived):
    """Starts a receiver, and returns its URL. It puts the path, signature and body of each request into `arrived`."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put((self.path, self.headers["X-STACK-Signature-256"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/hooks/stack"


def request(variables, method, path, body, expected):
    """Sends a request, and returns the answer's JSON. The answer must have the status `expected`; None allows any."""
    made = urllib.request.Request(variables["API_URL"] + path, method=method)
    made.add_header("Authorization", f"Bearer {variables['API_KEY']}")
    if body is not None:
        made.add_header("Content-Type", "application/json")
        made.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(made, timeout=TIMEOUT) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except OSError as error:
        raise Failure(f"{method} {path}: {error}") from error
    print(f"  {method} {path} → {status}", flush=True)
    if expected is None:
        return None
    if status != expected:
        raise Failure(f"{method} {path} answered {status} {text.decode(errors='replace')}")
    return json.loads(text)


if __name__ == "__main__":
    main()
