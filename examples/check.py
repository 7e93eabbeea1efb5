#!/usr/bin/env python3
"""Checks the examples. Needs only the standard library of Python 3.10 or newer.

- `signatures/vectors.json` is the output of `signatures/make_vectors.py`.
- Every code block of `docs/signatures.md` is the same as the region in the comment above the block, and every region is
  in the document.
- The verifiers of all languages have the expected result for each vector. A language without its toolchain is skipped;
  with `--all` that is a failure. With CARGO_TARGET_DIR, Cargo builds there.
- The receivers that need no packages accept a valid request, and reject a request without a signature.
"""

import hashlib
import hmac
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
REPOSITORY = EXAMPLES.parent
SIGNATURES = EXAMPLES / "signatures"
VECTORS = SIGNATURES / "vectors.json"
DOCUMENT = REPOSITORY / "docs" / "signatures.md"

# The files with regions that the document shows.
SOURCES = ["node/verify.mjs", "python/verify.py", "go/verify.go", "java/Verify.java", "rust/src/lib.rs"]
BLOCK = re.compile(
    r"(?:<!-- (?P<file>\S+): (?P<region>\S+) -->\n+)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S
)
REGION = re.compile(r"^[ \t]*(?://|#) region: (\S+)\n(.*?)^[ \t]*(?://|#) endregion: (\S+)$", re.M | re.S)

TIMEOUT_SECONDS = 600

LANGUAGES = [
    # name, program, arguments, folder
    ("Node.js", "node", [str(SIGNATURES / "node/verify.mjs"), str(VECTORS)], EXAMPLES),
    ("Python", sys.executable, [str(SIGNATURES / "python/verify.py"), str(VECTORS)], EXAMPLES),
    ("Go", "go", ["run", ".", str(VECTORS)], SIGNATURES / "go"),
    ("Java", "java", [str(SIGNATURES / "java/Verify.java"), str(VECTORS)], EXAMPLES),
    (
        "Rust",
        "cargo",
        ["run", "--locked", "--quiet", "--manifest-path", "examples/signatures/rust/Cargo.toml"],
        REPOSITORY,
    ),
]


class Failed(Exception):
    """A failed check; the message says what is wrong and what to do."""


def regions(path):
    """The regions of a file by name, without their common indentation."""
    found = {}
    for name, code, end in REGION.findall(path.read_text(encoding="utf-8")):
        if name != end:
            raise Failed(f"{path.relative_to(REPOSITORY)}: region {name} ends as {end}")
        found[name] = textwrap.dedent(code).strip("\n") + "\n"
    return found


def check_document():
    sources = {f"examples/signatures/{name}": regions(SIGNATURES / name) for name in SOURCES}
    unseen = {(file, region) for file, found in sources.items() for region in found}
    text = DOCUMENT.read_text(encoding="utf-8")
    count = 0
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start("language")) + 1
        where, file, region = f"docs/signatures.md, line {line}", block["file"], block["region"]
        if file is None:
            # Commands and plain text do not come from a file.
            if block["language"] in ("sh", "text"):
                continue
            raise Failed(f"{where}: put a comment above this block: <!-- examples/signatures/…: region -->")
        if region not in sources.get(file, {}):
            raise Failed(f"{where}: there is no region {region} in {file}")
        if block["code"] != sources[file][region]:
            raise Failed(f"{where}: the block differs from the region {region} of {file}; copy the region")
        unseen.discard((file, region))
        count += 1
    if unseen:
        listed = ", ".join(f"{file}: {region}" for file, region in sorted(unseen))
        raise Failed(f"docs/signatures.md does not show {listed}")
    return f"{count} code blocks are the same as their regions"


def check_vectors():
    made = run([sys.executable, str(SIGNATURES / "make_vectors.py"), "--print"], EXAMPLES)
    if made != VECTORS.read_text(encoding="utf-8"):
        raise Failed("examples/signatures/vectors.json is out of date; run examples/signatures/make_vectors.py")
    return "vectors.json is the output of make_vectors.py"


def run(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed(f"took longer than {TIMEOUT_SECONDS} s: {' '.join(command)}") from None
    if done.returncode:
        raise Failed(f"exit status {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def check_language(program, arguments, folder):
    return run([program, *arguments], folder).strip().splitlines()[-1]


def post(port, body, headers):
    # Without a proxy, which could not reach this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(urllib.request.Request(f"http://127.0.0.1:{port}/", body, headers), timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code


def check_receiver(script, secret, requests):
    """Starts a receiver, and checks the status of its answer to each request."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile() as output:
        environment = {**os.environ, "PORT": str(port), "SECRET": secret}
        command = [sys.executable, str(EXAMPLES / "receivers" / script)]
        receiver = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if receiver.poll() is not None or time.monotonic() > deadline:
                        output.seek(0)
                        raise Failed(f"it did not start: {output.read().decode()}") from None
                    time.sleep(0.05)
            for headers, expected in requests:
                status = post(port, b'{"text": "hello"}', headers)
                if status != expected:
                    raise Failed(f"it answered {status} instead of {expected}")
        finally:
            receiver.kill()
            receiver.wait()
    return f"{len(requests)} requests answered as expected"


def check_chat():
    return check_receiver("receive_chat.py", "", [({}, 200)])


def check_mail():
    secret, now = "whsec_not a real secret", str(int(time.time()))
    digest = hmac.new(secret.encode(), f"{now}.".encode() + b'{"text": "hello"}', hashlib.sha256).hexdigest()
    signed = {"StackShift-Timestamp": now, "StackShift-Signature": f"v1={digest}"}
    return check_receiver("receive_mail.py", secret, [(signed, 204), ({}, 401)])


def main():
    everything = sys.argv[1:] == ["--all"]
    if sys.argv[1:] and not everything:
        sys.exit("Usage: check.py [--all]")
    checks = [("vectors", check_vectors), ("docs/signatures.md", check_document)]
    failed, skipped = [], []
    for name, program, arguments, folder in LANGUAGES:
        if shutil.which(program):
            checks.append((name, lambda rest=(program, arguments, folder): check_language(*rest)))
        else:
            skipped.append(name)
            checks.append((name, None))
    checks += [("receive_chat.py", check_chat), ("receive_mail.py", check_mail)]
    for name, check in checks:
        if check is None:
            print(f"SKIP  {name}: its toolchain is not installed", flush=True)
            continue
        try:
            print(f"ok    {name}: {check()}", flush=True)
        except (Failed, OSError) as error:
            failed.append(name)
            print(f"FAIL  {name}: {error}", flush=True)
    if skipped:
        print(f"Not checked: {', '.join(skipped)}.")
    if failed or (everything and skipped):
        sys.exit(f"Failed: {', '.join(failed + (skipped if everything else []))}.")


if __name__ == "__main__":
    main()
