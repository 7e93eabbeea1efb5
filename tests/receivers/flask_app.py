"""A receiver in Python with Flask: checks X-STACK-Signature-256 over the raw body before it parses it."""

import hashlib
import hmac
import os

from flask import Flask, abort, request

SECRET = os.environ["STACK_WEBHOOK_SECRET"].encode()

app = Flask(__name__)


def is_signed(raw_body, signature):
    expected = hmac.new(SECRET, raw_body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


@app.post("/webhooks/stack")
def receive():
    # The bytes that came, not JSON written anew: the signature is over them.
    raw_body = request.get_data()
    if not is_signed(raw_body, request.headers.get("X-STACK-Signature-256", "")):
        abort(401)
    notification = request.get_json()
    print(request.headers.get("webhook-id"), notification["event_type"], notification["data"])
    return "", 204


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
