#!/usr/bin/env python3
"""Verifies the signatures of STACK Notifications. Standard library only; Python 3.9 or newer.

Run it to check it against the test vectors: `python3 verify.py [vectors.json]`.
"""

# region: shared
import base64
import hashlib
import hmac
import re
import time

TOLERANCE_SECONDS = 5 * 60


def _contains(signatures, expected):
    """Compares in constant time."""
    return any(hmac.compare_digest(one.strip().encode(), expected.encode()) for one in signatures)


def _is_fresh(timestamp, now):
    """Whether a signed time is close enough to now: an older request may be a replay."""
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        return False
    return abs((time.time() if now is None else now) - int(timestamp)) <= TOLERANCE_SECONDS


# endregion: shared


# region: standard
BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?")


def _key_bytes(secret):
    """Reads the key as base64, with or without prefix and padding. Another text is the key itself."""
    text = secret.removeprefix("whsec_")
    if not text or not BASE64.fullmatch(text):
        return secret.encode()
    text = text.rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def verify_standard_webhooks(body: bytes, headers, secret: str, now=None, prefix="webhook") -> bool:
    """Verifies webhook-signature. `headers` has a `get` that finds lowercase names."""
    message_id = headers.get(f"{prefix}-id", "")
    timestamp = headers.get(f"{prefix}-timestamp", "")
    if not _is_fresh(timestamp, now):
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key_bytes(secret), signed, hashlib.sha256).digest()
    # After a rotation there is one signature for each secret.
    signatures = headers.get(f"{prefix}-signature", "").split(" ")
    return _contains(signatures, "v1," + base64.b64encode(digest).decode())


# endregion: standard


# region: svix
def verify_svix(body: bytes, headers, secret: str, now=None) -> bool:
    """Verifies svix-signature."""
    return verify_standard_webhooks(body, headers, secret, now, prefix="svix")


# endregion: svix


# region: stack
def verify_stack(body: bytes, headers, secret: str) -> bool:
    """Verifies X-STACK-Signature-256. It cannot detect a replay."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    current = headers.get("x-stack-signature-256", "")
    # After a rotation the earlier secrets sign this header.
    previous = headers.get("x-stack-signature-256-previous", "")
    return _contains([current, *previous.split(",")], expected)


# endregion: stack


# region: mail
def verify_mail(body: bytes, headers, secret: str, now=None) -> bool:
    """Verifies StackShift-Signature."""
    timestamp = headers.get("stackshift-timestamp", "")
    if not _is_fresh(timestamp, now):
        return False
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    # After a rotation there is one signature for each secret.
    return _contains(headers.get("stackshift-signature", "").split(","), f"v1={digest}")


# endregion: mail


# region: sha256
def _verify_sha256(body, signature, secret):
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return _contains([signature], f"sha256={digest}")


def verify_provider(body: bytes, headers, secret: str) -> bool:
    """Verifies X-Kaireon-Signature. It cannot detect a replay."""
    return _verify_sha256(body, headers.get("x-kaireon-signature", ""), secret)


def verify_project_channel(body: bytes, headers, secret: str) -> bool:
    """Verifies X-SigSentry-Signature. It cannot detect a replay."""
    return _verify_sha256(body, headers.get("x-sigsentry-signature", ""), secret)


# endregion: sha256


def check(path):
    import json

    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    now = document["now"]
    schemes = {
        "standard": lambda *request: verify_standard_webhooks(*request, now),
        "svix": lambda *request: verify_svix(*request, now),
        "stack": verify_stack,
        "mail": lambda *request: verify_mail(*request, now),
        "providers": verify_provider,
        "config": verify_project_channel,
    }
    wrong = 0
    for vector in document["vectors"]:
        verified = schemes[vector["scheme"]](vector["body"].encode(), vector["headers"], vector["secret"])
        if verified != vector["valid"]:
            wrong += 1
            print(f"{vector['scheme']}, {vector['name']}: got {verified}, expected {vector['valid']}")
    print(f"{len(document['vectors'])} vectors, {wrong} wrong")
    return 1 if wrong or not document["vectors"] else 0


if __name__ == "__main__":
    import pathlib
    import sys

    default = pathlib.Path(__file__).resolve().parent.parent / "vectors.json"
    sys.exit(check(sys.argv[1] if len(sys.argv) > 1 else default))
