"""A receiver that verifies with the Standard Webhooks library, which also rejects requests older than 5 minutes."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["STACK_WEBHOOK_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200)

    def do_POST(self):
        raw_body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            webhook.verify(raw_body, dict(self.headers))
        except WebhookVerificationError:
            self.answer(401)
        else:
            self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
