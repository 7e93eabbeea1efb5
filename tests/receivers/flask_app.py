"""A receiver in Python with Flask. It checks the Standard Webhooks signature of the raw body before parsing it."""

import base64
import hashlib
import hmac
import os
import re
import time

from flask import Flask, abort, request

SECRET = os.environ["STACK_WEBHOOK_SECRET"]
TOLERANCE_SECONDS = 5 * 60

app = Flask(__name__)


def is_from_stack(body, headers):
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    # An old request may be a replay.
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # After a rotation, there is one signature for each secret, the old and the new one.
    signatures = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(signature.encode(), expected) for signature in signatures)


@app.post("/webhooks/stack")
def receive():
    # The signature covers the received bytes, not JSON that was parsed and serialized again.
    if not is_from_stack(request.get_data(), request.headers):
        abort(401)
    notification = request.get_json()
    print(request.headers.get("webhook-id"), notification["event_type"], notification["data"])
    return "", 204


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
