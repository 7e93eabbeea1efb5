"""The listener's use of the API: its own destination and rule while it runs, and the progress of deliveries."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from . import screen

SAMPLE = {"type": "custom.hello", "data": {"message": "It works"}}
# How long to wait for the record of an attempt, in seconds: attempts are recorded right after they are made.
FOLLOW_FOR = 15


class Refused(Exception):
    """The API rejected a request; the message contains its answer."""


class Account:
    """Calls the API with the key of `.local/env`."""

    def __init__(self, api_url, key):
        self.api_url, self.key = api_url, key
        self.destination = self.rule = None

    def call(self, method, path, body=None, timeout=30):
        request = urllib.request.Request(self.api_url + path, method=method)
        request.add_header("Authorization", f"Bearer {self.key}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path} answered {error.code} {error.read().decode(errors='replace')}") from error
        except OSError as error:
            raise Refused(f"{method} {path}: {error}") from error
        return json.loads(text) if text else None

    def register(self, url):
        """Creates a webhook destination at `url` and a rule; returns the secret. Deletes those of an earlier run."""
        self.delete_previous(url)
        made = self.call("POST", "/v1/notifications/destinations", {"channel_type": "webhook", "destination": url})
        self.destination = made["id"]
        rule = {"destination_id": made["id"], "events": [SAMPLE["type"]], "min_severity": "info"}
        self.rule = self.call("POST", "/v1/notifications/channels", rule)["id"]
        return made["webhook_secret"]

    def delete_previous(self, url):
        for destination in self.all("destinations"):
            if destination["destination"] == url:
                for rule in self.all("channels"):
                    if rule["destination_ids"] == [destination["id"]]:
                        self.call("DELETE", f"/v1/notifications/channels/{rule['id']}")
                self.call("DELETE", f"/v1/notifications/destinations/{destination['id']}")

    def all(self, noun):
        path = f"/v1/notifications/{noun}?limit=100"
        while path:
            page = self.call("GET", path)
            yield from page[noun]
            cursor = page["next_cursor"]
            path = f"/v1/notifications/{noun}?limit=100&cursor={cursor}" if cursor else None

    def remove(self):
        """Deletes the rule and the destination."""
        for noun, identity in (("channels", self.rule), ("destinations", self.destination)):
            if identity:
                self.call("DELETE", f"/v1/notifications/{noun}/{identity}")
        self.rule = self.destination = None

    def send(self):
        return self.call("POST", "/v1/events", SAMPLE)["id"]

    def own(self, action, body=None):
        """Verifies or recovers the listener's own destination."""
        return self.call("POST", f"/v1/notifications/destinations/{self.destination}/{action}", body)

    def attempts_of(self, identity):
        """The number of recorded attempts of a delivery; 0 if the API does not find it."""
        try:
            # Short, because the sender waits for an answer in the meantime.
            return self.delivery(identity, timeout=2)["attempt_count"]
        except Refused:
            return 0

    def delivery(self, identity, timeout=30):
        if not identity.startswith("dlv_"):
            raise Refused("only deliveries are recorded")
        return self.call("GET", f"/v1/deliveries/{urllib.parse.quote(identity)}", timeout=timeout)

    def follow(self, identity, attempt):
        """Shows the result of an attempt that was answered here, once it is recorded."""
        threading.Thread(target=self.wait_for, args=(identity, attempt), daemon=True).start()

    def wait_for(self, identity, attempt):
        end = time.monotonic() + FOLLOW_FOR
        try:
            while time.monotonic() < end:
                delivery = self.delivery(identity)
                if delivery["attempt_count"] >= attempt:
                    screen.followed(delivery)
                    if delivery["state"] != "succeeded":
                        self.report_health(delivery["destination_id"])
                    return
                time.sleep(0.3)
        except Refused:
            # A test, a delivery of another account, or no answer from the API: there is nothing to show.
            pass

    def report_health(self, destination):
        if self.call("GET", f"/v1/notifications/destinations/{destination}")["health"]["status"] == "unhealthy":
            advice = " Once it works again: ok, then verify, then recover." if destination == self.destination else ""
            screen.say(f"    The destination is unhealthy, and rules that target it are paused.{advice}", "bad")
