"""A proxy between the functions and the local cloud's SES and SNS. It forwards their requests, records them, and
rejects those that a test has selected, with the services' own errors. The local cloud itself accepts every message.

    relay.py PORT_FILE CLOUD

It writes the port that it listens on to PORT_FILE. CLOUD is the directory of infra/local/cloud.py; the emulator may
start later.

    POST /_relay/faults              {"to": …, "status": 429, "code": …, "message": …, "times": 1} or {"to": …, "delay": 6}
                                     or {"to": …, "opted_out": true}
    GET  /_relay/messages?to=…       returns the forwarded requests to that address, oldest first
"""

import http.client
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

faults = []
messages = []
lock = threading.Lock()


def main():
    port_file, cloud = map(Path, sys.argv[1:])
    Relay.state = cloud.resolve() / "emulator.json"
    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    part = port_file.with_suffix(".part")
    part.write_text(str(server.server_port))
    part.rename(port_file)
    server.serve_forever()


class Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_relay/faults":
            with lock:
                faults.append(json.loads(body))
            return self.answer(200, b"{}")
        to, message = read(self.path, body)
        if message.get("Action") == "CheckIfPhoneNumberIsOptedOut":
            return self.answer(200, opted_out(to), "text/xml")
        fault = take(to)
        if fault and "status" in fault:
            return self.refuse(fault)
        if fault:
            time.sleep(fault["delay"])
            return self.answer(503, b"")
        status, headers, answer = self.pass_on(body)
        if to and status == 200:
            with lock:
                messages.append({"to": to, "message": message})
        self.answer(status, answer, headers.get("Content-Type", "text/plain"), headers)

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path != "/_relay/messages":
            status, headers, answer = self.pass_on(b"")
            return self.answer(status, answer, headers.get("Content-Type", "text/plain"), headers)
        to = parse_qs(url.query)["to"][0]
        with lock:
            found = [entry["message"] for entry in messages if entry["to"] == to]
        self.answer(200, json.dumps(found).encode())

    def refuse(self, fault):
        code, message = fault["code"], fault["message"]
        if self.path.startswith("/v2/email/"):
            self.answer(fault["status"], json.dumps({"message": message}).encode(), extra={"x-amzn-ErrorType": code})
        else:
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            self.answer(fault["status"], f"<ErrorResponse>{error}</ErrorResponse>".encode(), "text/xml")

    def pass_on(self, body):
        port = json.loads(self.state.read_text())["port"]
        upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        # With the original `Host` header, which is part of the signature.
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        return answer.status, answer.headers, answer.read()

    def answer(self, status, body, kind="application/json", extra=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name in extra:
            if name.lower().startswith("x-amz"):
                self.send_header(name, extra[name])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def read(path, body):
    """The recipient of a request to SES or SNS, and its content."""
    if path.startswith("/v2/email/outbound-emails"):
        message = json.loads(body)
        return message["Destination"]["ToAddresses"][0], message
    message = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    return message.get("PhoneNumber") or message.get("phoneNumber"), message


def take(to):
    with lock:
        for fault in faults:
            if fault["to"] == to and not fault.get("opted_out"):
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] <= 0:
                    faults.remove(fault)
                return fault
    return None


def opted_out(number):
    with lock:
        yes = any(fault["to"] == number and fault.get("opted_out") for fault in faults)
    name = "CheckIfPhoneNumberIsOptedOut"
    return (
        f'<{name}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><{name}Result>'
        f"<isOptedOut>{str(yes).lower()}</isOptedOut></{name}Result></{name}Response>"
    ).encode()


if __name__ == "__main__":
    main()
