"""Accepts messages as Slack does, prints them, and answers `ok`. Needs only Python's standard library.

Start it with `python3 receive_chat.py`; PORT is 8098 by default.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Slack(BaseHTTPRequestHandler):
    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(self.path, json.dumps(message, indent=2), flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8098"))), Slack).serve_forever()
