"""Receives webhooks with Flask and verifies `webhook-signature` with the raw body before parsing it.

Start it with `STACK_WEBHOOK_SECRET='whsec_…' python3 flask_app.py` after `pip install flask`.
PORT is 8099 by default.
"""

import os
import sys
from pathlib import Path

from flask import Flask, abort, request

sys.path.append(str(Path(__file__).resolve().parent.parent / "signatures" / "python"))

from verify import verify_standard_webhooks

# With an empty secret, anyone could sign.
SECRET = os.environ.get("STACK_WEBHOOK_SECRET") or sys.exit("Set STACK_WEBHOOK_SECRET to the webhook's secret.")

app = Flask(__name__)


@app.post("/webhooks/stack")
def receive():
    # The signature covers these bytes. JSON that was parsed and serialized again may differ.
    if not verify_standard_webhooks(request.get_data(), request.headers, SECRET):
        abort(401)
    print(request.headers.get("webhook-id"), request.get_json(), flush=True)
    return "", 204


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8099")))
