"""A receiver for people: prints each webhook as it arrives, checks its signatures, and fails on request.

    listen.py ENV_FILE

ENV_FILE is the file that deploy.py wrote. If it exists and no secret is given, the receiver registers itself as a
destination with a rule for custom.hello, and deletes both when it ends. The other settings come from the environment:

    PORT     the port to listen on; 8099 by default, 0 for any free port
    SECRET   secrets to check signatures with, separated by commas or spaces
    FAIL     how to fail from the start, as after the command `fail`
    SETUP    1 to register even if a secret is given, 0 not to register
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
  ok                accept every request again, without delay
  secret whsec_…    also check signatures with this secret
  send              post an event to this receiver
  verify            mark the receiver as healthy again after it was unhealthy
  recover           send again what was held or failed since the start
  quit              end (or Ctrl-C)"""


class Listener:
    """The receiver and its commands."""

    def __init__(self, env_file):
        self.started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.env_file = env_file
        self.secrets = words("SECRET")
        self.behaviour = Behaviour()
        if words("FAIL"):
            self.behaviour.fail(words("FAIL"))
        variables = env.read(env_file)
        self.account = Account(variables["API_URL"], variables["API_KEY"]) if "API_KEY" in variables else None
        self.receiver = Receiver(port(), self.secrets, self.behaviour, self.account)
        self.url = f"http://127.0.0.1:{self.receiver.server_port}"

    def run(self):
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        screen.say(f"Listening on {self.url}", "strong")
        try:
            self.set_up()
            screen.show(str(self.behaviour), "Type help to see the commands.")
            self.run_commands()
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
            f"Registered as {self.account.destination}, with a rule for {SAMPLE['type']}; quit deletes both.",
            "Send an event from another shell, or type send:",
            f"  curl {self.account.api_url}/v1/events -H 'Authorization: Bearer {self.account.key}'"
            f" -H 'Content-Type: application/json' -d '{json.dumps(SAMPLE)}'",
        )

    def run_commands(self):
        """Runs the commands that are typed, until the end."""
        for line in typed():
            command, _, rest = line.strip().partition(" ")
            if command in ("quit", "exit"):
                return
            try:
                self.do(command, rest)
            except (Mistake, Refused) as problem:
                screen.say(str(problem), "bad")
        # Nobody can type commands, so whoever started this process also ends it.
        if not sys.stdin.isatty():
            threading.Event().wait()

    def do(self, command, rest):
        if command == "fail":
            self.behaviour.fail(rest.split())
        elif command == "slow":
            self.behaviour.slow(rest.split())
        elif command == "ok":
            self.behaviour.accept()
        if command in ("fail", "slow", "ok"):
            screen.show(str(self.behaviour))
        elif command == "secret" and rest:
            # A single secret, because it may contain spaces.
            self.secrets.append(rest.strip())
            screen.show(f"Secrets that signatures are checked with: {len(self.secrets)}.")
        elif command in ("send", "verify", "recover"):
            self.ask(command)
        elif command:
            screen.show(HELP if command == "help" else f"There is no command {command!r}. There are:\n{HELP}")

    def ask(self, command):
        if not (self.account and self.account.destination):
            raise Mistake(f"{command!r} requires a registered receiver: run make up, then make listen without SECRET.")
        if command == "send":
            screen.say(f"{screen.now()}  sent {self.account.send()}")
        elif command == "verify":
            self.account.own("verify")
            screen.show("It is healthy; paused rules are active again.")
        else:
            self.account.own("recover", {"since": self.started})
            screen.show("Held and failed deliveries are on their way again.")

    def end(self):
        self.receiver.shutdown()
        if self.account and self.account.destination:
            try:
                self.account.remove()
                screen.say("The destination and its rule were deleted.")
            except Refused as refused:
                screen.say(f"The destination and its rule could not be deleted: {refused}", "bad")


def typed():
    """The lines of standard input; none if the terminal belongs to another program."""
    try:
        yield from sys.stdin
    except OSError:
        # A process in the background of a terminal cannot read from it.
        threading.Event().wait()


def words(name):
    return os.environ.get(name, "").replace(",", " ").split()


def port():
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        sys.exit(f"PORT={text} is not a port: set a number up to 65535, such as {DEFAULT_PORT}")
    return int(text)


def main():
    # `make down`, a test or a closed window ends it in the same way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    # Without this, a process started with `&` would stop when it first reads from the terminal.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        listener = Listener(sys.argv[1])
    except Mistake as mistake:
        sys.exit(f"FAIL: {mistake}")
    except OSError as error:
        sys.exit(f"Port {port()} is not available ({error.strerror}). Choose another: make listen PORT={port() + 1}")
    listener.run()


if __name__ == "__main__":
    main()
