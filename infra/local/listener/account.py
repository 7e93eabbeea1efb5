"""The API as the listener uses it: a destination and a rule of its own while it runs, and how deliveries go on."""

import json
import threading
import time
import urllib.error
import urllib.request

from . import screen

EVENT = "custom.hello"
# Attempts are written down right after they are made; more than that is another attempt.
FOLLOW_FOR = 15


class Refused(Exception):
    """The API did not do as asked; the message says what it answered."""


class Account:
    """Whoever holds the key of `.local/env`."""

    def __init__(self, api_url, key):
        self.api_url, self.key = api_url, key
        self.destination = self.rule = None

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.api_url + path, method=method)
        request.add_header("Authorization", f"Bearer {self.key}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path} answered {error.code} {error.read().decode(errors='replace')}") from error
        except OSError as error:
            raise Refused(f"{method} {path}: {error}") from error
        return json.loads(text) if text else None

    def register(self, url):
        """A webhook destination at `url` and a rule that targets it: the secret. What an earlier run left there goes."""
        self.forget_left(url)
        made = self.call("POST", "/v1/notifications/destinations", {"channel_type": "webhook", "destination": url})
        self.destination = made["id"]
        rule = {"destination_id": made["id"], "events": [EVENT], "min_severity": "info"}
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
        return self.call("POST", "/v1/events", {"type": EVENT, "data": {"message": "It works"}})["id"]

    def own(self, action, body=None):
        """Verifies or recovers the destination of its own."""
        return self.call("POST", f"/v1/notifications/destinations/{self.destination}/{action}", body)

    def follow(self, identity, count):
        """Shows, when it is written down, how the `count`th attempt ended that was seen here."""
        if identity.startswith("dlv_"):
            threading.Thread(target=self.wait_for, args=(identity, count), daemon=True).start()

    def wait_for(self, identity, count):
        end = time.monotonic() + FOLLOW_FOR
        while time.monotonic() < end:
            try:
                delivery = self.call("GET", f"/v1/deliveries/{identity}")
            except Refused:
                # Another account's, or of an API that is gone: there is nothing to tell.
                return
            if delivery["attempt_count"] >= count:
                screen.followed(identity, delivery)
                return
            time.sleep(0.3)
