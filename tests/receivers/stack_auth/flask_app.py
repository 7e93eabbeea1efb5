"""Stack Auth's published handler for Flask, unmodified. The secret and the server are ours."""

import os

STACK_WEBHOOK_SECRET = os.environ["STACK_WEBHOOK_SECRET"]

from flask import Flask, jsonify, request
from svix.webhooks import Webhook

app = Flask(__name__)

@app.post("/api/webhooks/stack")
def stack_webhook():
    wh = Webhook(STACK_WEBHOOK_SECRET)
    verified_payload = wh.verify(
        request.get_data(as_text=True),
        {
            "svix-id": request.headers["svix-id"],
            "svix-timestamp": request.headers["svix-timestamp"],
            "svix-signature": request.headers["svix-signature"],
        },
    )
    return jsonify({"ok": True, "type": verified_payload["type"]})


app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
