"""Starts and stops the local cloud: MiniStack, an emulator of AWS that runs each function as a separate process.

    cloud.py start DIR [PORT [NAME=VALUE …]]   starts it unless it is running; port 0 selects a free one
    cloud.py stop DIR                          stops it and all functions; its log remains
    cloud.py log DIR                           prints the problems in its log

The functions see the variables in addition to their own.

DIR contains the process id, the port, the log and the unpacked code. The local cloud keeps everything else in memory.
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
# MiniStack's root key: only this key may do everything.
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
            print(f"The local cloud is already running on port {running['port']}.")
            return
        sys.exit(
            f"The local cloud is already running on port {running['port']}. To use another port, run `make down` first."
        )
    if port == 0:
        port = free_port()
    port = port or DEFAULT_PORT
    if answers(port):
        sys.exit(f"Another program uses port {port}. Choose a free port: make up PORT={port + 1}")

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
            # A separate session: Ctrl-C here must not reach it, and `stop` kills its functions together with it.
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
    """The environment of the emulator and of every function: of the caller's variables, only PATH and HOME."""
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
        # The functions use this address for AWS …
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        # … and have only the permissions of their roles, as on AWS.
        "AUTH": "true",
        # Processes of a function that idle for this long end, except for one: the emulator checks every process ten
        # times a second, and the processes left over from a hundred concurrent requests would slow down everything
        # after them.
        "LAMBDA_WARM_TTL_SECONDS": "20",
    }


def stop(directory):
    running = read(directory)
    if running:
        print("Stopping the local cloud …", flush=True)
        # The emulator has no state that a graceful stop would save.
        os.killpg(running["pid"], signal.SIGKILL)
        while answers(running["port"]):
            time.sleep(0.05)
    (directory / "emulator.json").unlink(missing_ok=True)
    shutil.rmtree(directory / "tmp", ignore_errors=True)


def read(directory):
    """The process id and port of the emulator that was started here, if it is still running."""
    try:
        state = json.loads((directory / "emulator.json").read_text())
    except FileNotFoundError:
        return None
    # Another process may have the same id by now.
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
    """Prints the last lines with problems, or the last lines if there are none."""
    text = (directory / "emulator.log").read_text(errors="replace").splitlines()
    problems = [line for line in text if re.search(r" (WARNING|ERROR|CRITICAL) |Traceback|panicked", line)]
    for line in (problems or text)[-lines:]:
        print(f"  {line[:400]}")


if __name__ == "__main__":
    main()
