"""Receives webhooks of the Mail API and verifies `StackShift-Signature`. Needs only Python's standard library.

Start it with `SECRET='whsec_…' python3 receive_mail.py`; PORT is 8099 by default.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "signatures" / "python"))

from verify import verify_mail

# With an empty secret, anyone could sign.
SECRET = os.environ.get("SECRET") or sys.exit("Set SECRET to the webhook's secret.")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = verify_mail(body, self.headers, SECRET)
        print("signed" if good else "NOT SIGNED", body.decode(errors="replace"), flush=True)
        self.send_response(204 if good else 401)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8099"))), Receiver).serve_forever()
