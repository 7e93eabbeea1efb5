"""Sends one event through a deployed stack to a new destination with a rule, and says what is wrong.

    smoke.py URL KEY [RECEIVER]

URL is the API's address, KEY a key with the role editor or admin. RECEIVER is a URL that accepts the webhook; by
default it is the stack's own path /echo, which answers every request with 204. Everything that was created is deleted
at the end.
"""

import json
import sys
import time
import urllib.error
import urllib.request

# A delivery takes moments, and cold starts of the functions a bit longer.
PATIENCE_SECONDS = 60


class Failure(Exception):
    """A failed check; the message says what is wrong and where to look."""


def main():
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__.split("\n\n")[1])
    url, key, *receivers = sys.argv[1:]
    smoke = Smoke(url.rstrip("/"), key)
    try:
        smoke.run(receivers[0] if receivers else f"{smoke.url}/echo")
    except Failure as failure:
        print(f"✗ {failure}")
        sys.exit(1)
    finally:
        smoke.clean_up()
    print("All checks passed.")


class Smoke:
    def __init__(self, url, key):
        self.url, self.key = url, key
        self.made = []

    def run(self, receiver):
        self.step("Call the API", lambda: self.get("/openapi.json"))
        who = self.step("Check the key", lambda: self.get("/v1/whoami"))
        if who["role"] == "viewer":
            raise Failure("The key has the role viewer, which may create nothing: use the role editor or admin.")
        destination = self.step("Create a destination", lambda: self.make("destinations", self.webhook(receiver)))
        rule = {"destination_id": destination["id"], "events": ["custom.smoke"], "min_severity": "info"}
        self.step("Create a rule", lambda: self.make("channels", rule))
        event = {"type": "custom.smoke", "data": {"at": time.time()}}
        event = self.step("Post an event", lambda: self.call("POST", "/v1/events", event))
        self.step("Find the event in the log", lambda: self.wait(lambda: self.found(f"/v1/events/{event['id']}")))
        self.step("Receive the delivery", lambda: self.wait(lambda: self.arrived(destination, event)))

    def step(self, name, action):
        started = time.monotonic()
        try:
            done = action()
        except Failure as failure:
            raise Failure(f"{name}: {failure}") from None
        print(f"✓ {name} ({(time.monotonic() - started) * 1000:.0f} ms)", flush=True)
        return done

    def webhook(self, receiver):
        # A different address each time, because an address can be registered only once.
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
                raise Failure(f"The receiver {delivery['attempts'][-1]['error']}. See GET /v1/deliveries/{delivery['id']}.")
        return None

    def wait(self, look):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(1)
        raise Failure(
            f"Not done within {PATIENCE_SECONDS} s. Check the alarms, the dead-letter queues, and the logs of dispatch and deliver."
        )

    def get(self, path):
        return self.call("GET", path)

    def call(self, method, path, body=None):
        status, answer = self.ask(method, path, body)
        if not 200 <= status < 300:
            raise Failure(f"{method} {path} answered {status}: {json.dumps(answer)}")
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
            raise Failure(f"{method} {path} got no answer: {problem}. Is the URL right?") from None

    def clean_up(self):
        for path in reversed(self.made):
            try:
                status, answer = self.ask("DELETE", path)
            except Failure as failure:
                status, answer = 0, str(failure)
            if not 200 <= status < 300:
                print(f"{path} was created and could not be deleted: {answer}")


def read(answer):
    text = answer.read().decode(errors="replace")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


if __name__ == "__main__":
    main()
