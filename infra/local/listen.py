"""A receiver for people: prints each webhook as it arrives, checks its signatures, and fails when told to.

    listen.py ENV_FILE

ENV_FILE is what deploy.py wrote. Where there is one, and no secret is given, the receiver registers itself as a
destination with a rule for custom.hello, and takes both away when it ends. The rest comes from the environment:

    PORT     where to listen; 8099, and 0 for any free port
    SECRET   secrets to check signatures with, with commas or spaces between
    FAIL     how to begin, as after the command `fail`
    SETUP    1 to register although a secret is given, 0 not to register
"""

import json
import os
import signal
import sys
import threading
import time

import env
from listener import screen
from listener.account import SAMPLE, Account, Refused
from listener.behaviour import USAGE, Behaviour, Mistake
from listener.receiver import Receiver

DEFAULT_PORT = 8099
HELP = f"""\
  {USAGE}
  slow SECONDS      wait before each answer; the system gives up after 10 s
  ok                take everything again, at once
  secret whsec_…    check signatures with this secret, too
  send              post an event to the receiver itself
  verify            say that the receiver is well again, when it was found unhealthy
  recover           have sent again what was held or has failed since the start
  quit              end (or Ctrl-C)"""


class Listener:
    """The receiver, and what is typed."""

    def __init__(self, env_file):
        self.started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.env_file = env_file
        self.secrets = words("SECRET")
        self.behaviour = Behaviour()
        if words("FAIL"):
            self.behaviour.fail(words("FAIL"))
        known = env.read(env_file)
        self.account = Account(known["API_URL"], known["API_KEY"]) if "API_KEY" in known else None
        self.receiver = Receiver(port(), self.secrets, self.behaviour, self.account)
        self.url = f"http://127.0.0.1:{self.receiver.server_port}"

    def run(self):
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        screen.say(f"Listening on {self.url}", "strong")
        try:
            self.set_up()
            screen.show(str(self.behaviour), "Type help to see what it can be told.")
            self.obey()
        except KeyboardInterrupt:
            pass
        finally:
            self.end()

    def set_up(self):
        wanted = os.environ.get("SETUP") or ("0" if self.secrets else "1")
        if wanted != "0":
            if self.account:
                return self.register()
            screen.show(f"There is no {self.env_file}: without `make up`, it cannot register itself.")
        if not self.secrets:
            screen.show("Signatures are not checked yet: type or paste secret whsec_…, or start with SECRET='whsec_…'.")

    def register(self):
        try:
            self.secrets.append(self.account.register(f"{self.url}/listen"))
        except Refused as refused:
            screen.say(f"It could not register itself: is the local cloud up? `make up` starts it.\n  {refused}", "bad")
            return
        screen.show(
            f"Registered as {self.account.destination}, with a rule for {SAMPLE['type']}; both go when you quit.",
            "Send an event from another shell, or type send:",
            f"  curl {self.account.api_url}/v1/events -H 'Authorization: Bearer {self.account.key}'"
            f" -H 'Content-Type: application/json' -d '{json.dumps(SAMPLE)}'",
        )

    def obey(self):
        """Does what is typed, until the end."""
        for line in typed():
            command, _, rest = line.strip().partition(" ")
            if command in ("quit", "exit"):
                return
            try:
                self.do(command, rest)
            except (Mistake, Refused) as problem:
                screen.say(str(problem), "bad")
        # Nobody can type any more: whoever started it ends it.
        if not sys.stdin.isatty():
            threading.Event().wait()

    def do(self, command, rest):
        if command == "fail":
            self.behaviour.fail(rest.split())
        elif command == "slow":
            self.behaviour.slow(rest.split())
        elif command == "ok":
            self.behaviour.take()
        if command in ("fail", "slow", "ok"):
            screen.show(str(self.behaviour))
        elif command == "secret" and rest:
            # One, since an operator's own may have spaces in it.
            self.secrets.append(rest.strip())
            screen.show(f"Secrets that signatures are checked with: {len(self.secrets)}.")
        elif command in ("send", "verify", "recover"):
            self.ask(command)
        elif command:
            screen.show(HELP if command == "help" else f"There is no command {command!r}. There are:\n{HELP}")

    def ask(self, command):
        if not (self.account and self.account.destination):
            raise Mistake(f"For {command!r} it must be registered: make up, then make listen without SECRET.")
        if command == "send":
            screen.say(f"{screen.now()}  sent {self.account.send()}")
        elif command == "verify":
            self.account.own("verify")
            screen.show("It is healthy; rules that were paused go on.")
        else:
            self.account.own("recover", {"since": self.started})
            screen.show("What was held or failed is on its way again.")

    def end(self):
        self.receiver.shutdown()
        if self.account and self.account.destination:
            try:
                self.account.remove()
                screen.say("The destination and its rule are removed.")
            except Refused as refused:
                screen.say(f"The destination and its rule stay, since they could not be removed: {refused}", "bad")


def typed():
    """The lines of standard input; none if it belongs to another program."""
    try:
        yield from sys.stdin
    except OSError:
        # In the background of a terminal nobody can type.
        threading.Event().wait()


def words(name):
    return os.environ.get(name, "").replace(",", " ").split()


def port():
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        sys.exit(f"PORT={text} is no port: take a number up to 65535, such as {DEFAULT_PORT}")
    return int(text)


def main():
    # `make down`, a test and a closed window end it in the same way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    # Started with `&` it would stop at its first look at what is typed.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        listener = Listener(sys.argv[1])
    except Mistake as mistake:
        sys.exit(f"FAIL: {mistake}")
    except OSError as error:
        sys.exit(f"Port {port()} cannot be had ({error.strerror}). Choose another: make listen PORT={port() + 1}")
    listener.run()


if __name__ == "__main__":
    main()
