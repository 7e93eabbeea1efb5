"""The API as the listener uses it: a destination and a rule of its own while it runs, and how deliveries go on."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from . import screen

SAMPLE = {"type": "custom.hello", "data": {"message": "It works"}}
# Attempts are written down right after they are made; more than that is another attempt.
FOLLOW_FOR = 15


class Refused(Exception):
    """The API did not do as asked; the message says what it answered."""


class Account:
    """Whoever holds the key of `.local/env`."""

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
        """Makes a webhook destination at `url` and a rule that targets it: the secret. What an earlier run left goes."""
        self.forget_left(url)
        made = self.call("POST", "/v1/notifications/destinations", {"channel_type": "webhook", "destination": url})
        self.destination = made["id"]
        rule = {"destination_id": made["id"], "events": [SAMPLE["type"]], "min_severity": "info"}
        self.rule = self.call("POST", "/v1/notifications/channels", rule)["id"]
        return made["webhook_secret"]

    def forget_left(self, url):
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
        """Takes the rule and the destination away again."""
        for noun, identity in (("channels", self.rule), ("destinations", self.destination)):
            if identity:
                self.call("DELETE", f"/v1/notifications/{noun}/{identity}")
        self.rule = self.destination = None

    def send(self):
        return self.call("POST", "/v1/events", SAMPLE)["id"]

    def own(self, action, body=None):
        """Verifies or recovers the destination of its own."""
        return self.call("POST", f"/v1/notifications/destinations/{self.destination}/{action}", body)

    def attempts_of(self, identity):
        """How many attempts of a delivery are written down; 0 if nothing is known of it."""
        try:
            # Whoever has sent it waits for an answer meanwhile.
            return self.delivery(identity, timeout=2)["attempt_count"]
        except Refused:
            return 0

    def delivery(self, identity, timeout=30):
        if not identity.startswith("dlv_"):
            raise Refused("only deliveries are written down")
        return self.call("GET", f"/v1/deliveries/{urllib.parse.quote(identity)}", timeout=timeout)

    def follow(self, identity, attempt):
        """Shows, once it is written down, how an attempt has ended that was answered here."""
        threading.Thread(target=self.wait_for, args=(identity, attempt), daemon=True).start()

    def wait_for(self, identity, attempt):
        end = time.monotonic() + FOLLOW_FOR
        try:
            while time.monotonic() < end:
                delivery = self.delivery(identity)
                if delivery["attempt_count"] >= attempt:
                    screen.followed(delivery)
                    if delivery["state"] != "succeeded":
                        self.tell_health(delivery["destination_id"])
                    return
                time.sleep(0.3)
        except Refused:
            # A test, another account's, or the API is gone: there is nothing to tell.
            pass

    def tell_health(self, destination):
        if self.call("GET", f"/v1/notifications/destinations/{destination}")["health"]["status"] == "unhealthy":
            advice = " When it is well again: ok, then verify, then recover." if destination == self.destination else ""
            screen.say(f"    The destination is unhealthy, and rules that target it are paused.{advice}", "bad")
