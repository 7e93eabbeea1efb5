"""Starts and stops the local cloud: MiniStack, an emulator of AWS that runs the functions as processes of its own.

    cloud.py start DIR [PORT [NAME=VALUE …]]   start it unless it runs already; port 0 takes any free one
    cloud.py stop DIR                          end it, and every function with it; its log stays
    cloud.py log DIR                           print what its log tells of trouble

The variables are added to what every function sees.

DIR holds its process and port, its log, and the code that it unpacked. Everything else it keeps in memory.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

DEFAULT_PORT = 4566
# MiniStack's root key: with it, and only with it, everything is allowed.
ROOT_KEY = "test"
REGION = "us-east-1"


def main():
    command, directory, *rest = sys.argv[1:]
    directory = Path(directory).resolve()
    if command == "start":
        port, *variables = rest or [""]
        start(directory, int(port) if port else None, dict(variable.split("=", 1) for variable in variables))
    elif command == "stop":
        stop(directory)
    elif command == "log":
        print_log(directory)


def start(directory, port, variables):
    running = read(directory)
    if running:
        if port in (None, 0, running["port"]):
            print(f"The local cloud runs already, on port {running['port']}.")
            return
        sys.exit(f"The local cloud runs already, on port {running['port']}: `make down` first, to move it.")
    if port == 0:
        port = free_port()
    port = port or DEFAULT_PORT
    if answers(port):
        sys.exit(f"Port {port} is taken by another program. Choose a free one: make up PORT={port + 1}")

    print(f"Starting the local cloud on port {port} …", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "tmp").mkdir(parents=True)
    with open(directory / "emulator.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("patched_ministack.py")],
            env=environment(directory, port) | variables,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A session of its own: Ctrl-C here must not reach it, and `stop` ends its functions along with it.
            start_new_session=True,
        )
    (directory / "emulator.json").write_text(json.dumps({"pid": process.pid, "port": port}))
    deadline = time.monotonic() + 60
    while not healthy(port):
        if process.poll() is not None or time.monotonic() > deadline:
            print_log(directory)
            stop(directory)
            sys.exit(f"The local cloud did not start; its log is {directory / 'emulator.log'}")
        time.sleep(0.1)


def environment(directory, port):
    """What the emulator sees, and hands on to every function: nothing of the caller's shell but where programs are."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "TMPDIR": str(directory / "tmp"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        # Functions look for AWS here …
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        # … and may do there only what their role allows, as on AWS.
        "AUTH": "true",
        # A function that idles for so long ends, but for one process of each: the emulator looks after every process ten
        # times a second, and those that a hundred requests at once leave behind would slow down all that comes after.
        "LAMBDA_WARM_TTL_SECONDS": "20",
    }


def stop(directory):
    running = read(directory)
    if running:
        print("Stopping the local cloud …", flush=True)
        # It keeps nothing that a gentler end could save.
        os.killpg(running["pid"], signal.SIGKILL)
        while answers(running["port"]):
            time.sleep(0.05)
    (directory / "emulator.json").unlink(missing_ok=True)
    shutil.rmtree(directory / "tmp", ignore_errors=True)


def read(directory):
    """Process and port of the emulator that was started here, if it still runs."""
    try:
        state = json.loads((directory / "emulator.json").read_text())
    except FileNotFoundError:
        return None
    # The number may be another process's by now.
    command = subprocess.run(["ps", "-o", "args=", "-p", str(state["pid"])], capture_output=True, text=True)
    return state if "ministack" in command.stdout else None


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def print_log(directory, lines=40):
    """The last lines that tell of trouble; all of the last lines, if none does."""
    text = (directory / "emulator.log").read_text(errors="replace").splitlines()
    trouble = [line for line in text if re.search(r" (WARNING|ERROR|CRITICAL) |Traceback|panicked", line)]
    for line in (trouble or text)[-lines:]:
        print(f"  {line[:400]}")


if __name__ == "__main__":
    main()
