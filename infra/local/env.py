"""The file of `export NAME=value` lines with the variables of a local cloud: for shells, tests and the demo."""

import os
import shlex
from pathlib import Path


# Variables for the real AWS that a shell may have set, and that an SDK would combine with the keys of the local cloud.
FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN")


def write(path, variables):
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    Path(path).write_text(f"unset {' '.join(FOREIGN)}\n{exports}")


def use(variables):
    """Configures this process to use the local cloud."""
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(variables)


def read(path):
    """The variables of a file that write() created; empty if the file does not exist."""
    if not Path(path).exists():
        return {}
    words = (shlex.split(line) for line in Path(path).read_text().splitlines())
    return dict(line[1].split("=", 1) for line in words if line[0] == "export")
