"""Walks one destination, rule, event and delivery through a deployed stack, and says what is wrong.

    smoke.py URL KEY [RECEIVER]

URL is the API's, KEY an editor's or admin's. RECEIVER is a URL that takes the webhook; by default it is the stack's own
path /echo, which answers everything with 204. What is made is deleted again.
"""

import json
import sys
import time
import urllib.error
import urllib.request

# From 202 to receiver takes moments, and a cold start of each function some more.
PATIENCE_SECONDS = 60


class Wrong(Exception):
    """What is wrong, and where to look."""


def main():
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__.split("\n\n")[1])
    url, key, *receivers = sys.argv[1:]
    smoke = Smoke(url.rstrip("/"), key)
    try:
        smoke.run(receivers[0] if receivers else f"{smoke.url}/echo")
    except Wrong as wrong:
        print(f"✗ {wrong}")
        sys.exit(1)
    finally:
        smoke.clean_up()
    print("All of it works.")


class Smoke:
    def __init__(self, url, key):
        self.url, self.key = url, key
        self.made = []

    def run(self, receiver):
        self.step("The API answers", lambda: self.get("/openapi.json"))
        who = self.step("The key is known", lambda: self.get("/v1/whoami"))
        if who["role"] == "viewer":
            raise Wrong("The key is a viewer's, which may make nothing: use an editor's or an admin's.")
        destination = self.step("A destination is made", lambda: self.make("destinations", self.webhook(receiver)))
        rule = {"destination_id": destination["id"], "events": ["custom.smoke"], "min_severity": "info"}
        self.step("A rule is made", lambda: self.make("channels", rule))
        event = {"type": "custom.smoke", "data": {"at": time.time()}}
        event = self.step("An event is accepted", lambda: self.call("POST", "/v1/events", event))
        self.step("The event is in the log", lambda: self.wait(lambda: self.found(f"/v1/events/{event['id']}")))
        self.step("The delivery arrives", lambda: self.wait(lambda: self.arrived(destination, event)))

    def step(self, what, does):
        started = time.monotonic()
        try:
            done = does()
        except Wrong as wrong:
            raise Wrong(f"{what}: not so. {wrong}") from None
        print(f"✓ {what} ({(time.monotonic() - started) * 1000:.0f} ms)", flush=True)
        return done

    def webhook(self, receiver):
        # Another address each time, since one can be registered once.
        mark = "&" if "?" in receiver else "?"
        return {"channel_type": "webhook", "destination": f"{receiver}{mark}smoke={time.time_ns()}"}

    def make(self, noun, new):
        path = f"/v1/notifications/{noun}"
        made = self.call("POST", path, new)
        self.made.append(f"{path}/{made['id']}")
        return made

    def found(self, path):
        status, answer = self.ask("GET", path)
        return answer if status == 200 else None

    def arrived(self, destination, event):
        page = self.get(f"/v1/notifications/destinations/{destination['id']}/deliveries")
        for delivery in page["deliveries"]:
            if delivery["event_id"] != event["id"]:
                continue
            if delivery["state"] == "succeeded":
                return delivery
            if delivery["attempts"]:
                raise Wrong(f"The receiver {delivery['attempts'][-1]['error']}. See GET /v1/deliveries/{delivery['id']}.")
        return None

    def wait(self, look):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(1)
        raise Wrong(
            f"Not within {PATIENCE_SECONDS} s. Look at the alarms, the dead-letter queues, and the logs of dispatch and deliver."
        )

    def get(self, path):
        return self.call("GET", path)

    def call(self, method, path, body=None):
        status, answer = self.ask(method, path, body)
        if not 200 <= status < 300:
            raise Wrong(f"{method} {path} answered {status}: {json.dumps(answer)}")
        return answer

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, read(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, read(refused)
        except (urllib.error.URLError, TimeoutError) as problem:
            raise Wrong(f"{method} {path} got no answer: {problem}. Is the URL right?") from None

    def clean_up(self):
        for path in reversed(self.made):
            try:
                status, answer = self.ask("DELETE", path)
            except Wrong as wrong:
                status, answer = 0, str(wrong)
            if not 200 <= status < 300:
                print(f"{path} was made and is still there: {answer}")


def read(answer):
    text = answer.read().decode(errors="replace")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


if __name__ == "__main__":
    main()
