"""Checks messages to chat platforms with the platforms' own code. Reads one JSON object {"kind", "body"} per line and
answers each with {"ok", "errors"}. The check of a kind is the function `check` of checks/<kind>.py, which raises an
exception for a message that the platform would refuse."""

import importlib
import json
import logging
import sys
import warnings
from pathlib import Path

from checks import Refused


class Warned(logging.Handler):
    """Turns what a library logs as a warning into an error."""

    def emit(self, record):
        raise Refused(record.getMessage())


def checks():
    for file in Path(__file__).with_name("checks").glob("*.py"):
        if file.stem != "__init__":
            yield file.stem, importlib.import_module(f"checks.{file.stem}").check


def errors_of(check, body):
    try:
        check(body)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return []


CHECKS = dict(checks())
logging.getLogger().addHandler(Warned())
warnings.simplefilter("error")
for line in sys.stdin:
    request = json.loads(line)
    errors = errors_of(CHECKS[request["kind"]], request["body"])
    print(json.dumps({"ok": not errors, "errors": errors}), flush=True)
