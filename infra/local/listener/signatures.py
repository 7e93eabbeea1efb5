"""Checks every signature that one of our webhooks may have.

A group is the signature headers of one API's scheme. One valid header in a group is enough, because after a rotation
the other header was signed with the other secret. Every group of a request must be valid.
"""

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass

# The tolerance of Standard Webhooks and Svix in both directions, in seconds.
TOLERANCE = 300


@dataclass
class Verdict:
    """The result of checking one header."""

    header: str
    group: str
    # None: there is no secret to check it with.
    good: bool | None
    why: str = ""


@dataclass
class Scheme:
    """The signature header of an API, and how to calculate it."""

    header: str
    group: str
    # The text before each signature in the header.
    prefix: str
    # Headers whose values precede the body, each followed by a full stop; without any, only the body is signed.
    before: tuple = ()
    base64: bool = False
    separator: str | None = None

    def expected(self, secret, headers, body):
        key = key_bytes(secret) if self.base64 else secret.encode()
        content = b"".join(headers.get(name, "").encode() + b"." for name in self.before) + body
        digest = hmac.new(key, content, hashlib.sha256).digest()
        return self.prefix + (base64.b64encode(digest).decode() if self.base64 else digest.hex())

    def given(self, headers):
        value = headers[self.header]
        return [one.strip() for one in value.split(self.separator)] if self.separator else [value.strip()]

    def timestamp(self):
        """The header with the time of the signature, if there is one."""
        return self.before[-1] if self.before else None


SCHEMES = [
    Scheme("X-STACK-Signature-256", "STACK", ""),
    Scheme("X-STACK-Signature-256-Previous", "STACK", "", separator=","),
    Scheme("X-Kaireon-Signature", "Providers", "sha256="),
    Scheme("X-SigSentry-Signature", "Config", "sha256="),
    Scheme("StackShift-Signature", "Mail", "v1=", ("StackShift-Timestamp",), separator=","),
    Scheme("svix-signature", "Stack Auth", "v1,", ("svix-id", "svix-timestamp"), base64=True, separator=" "),
    Scheme(
        "webhook-signature",
        "Standard Webhooks",
        "v1,",
        ("webhook-id", "webhook-timestamp"),
        base64=True,
        separator=" ",
    ),
]


def check(headers, body, secrets, now=None):
    """A verdict for each signature header of the request."""
    now = time.time() if now is None else now
    found = [scheme for scheme in SCHEMES if scheme.header in headers]
    return [verdict(scheme, headers, body, secrets, now) for scheme in found]


def verdict(scheme, headers, body, secrets, now):
    def says(good, why=""):
        return Verdict(scheme.header, scheme.group, good, why)

    if not secrets:
        return says(None, "no secret to check it with")
    given = scheme.given(headers)
    expected = [scheme.expected(secret, headers, body) for secret in secrets]
    # Compares bytes: a header may contain any text, and compare_digest rejects text that is not ASCII.
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in expected for other in given):
        return says(False, "matches none of your secrets, or the request was changed")
    if scheme.timestamp():
        stamp = headers.get(scheme.timestamp(), "")
        age = now - int(stamp) if stamp.isascii() and stamp.isdigit() else None
        if age is None:
            return says(False, f"{scheme.timestamp()} is not a time")
        if abs(age) > TOLERANCE:
            return says(False, f"{'too old' if age > 0 else 'from the future'}: {abs(age):.0f} s, {TOLERANCE} allowed")
    return says(True)


def refused(verdicts, secrets):
    """Whether a receiver with these secrets must reject a request with these verdicts."""
    groups = {}
    for one in verdicts:
        groups.setdefault(one.group, []).append(one)
    right = groups and all(any(one.good for one in members) for members in groups.values())
    return bool(secrets) and not right


def scheme_of(headers):
    """The API that sent a webhook, by its headers."""
    groups = [scheme.group for scheme in SCHEMES if scheme.header in headers]
    return groups[0] if groups else "unsigned"


def key_bytes(secret):
    """The key decoded from base64, with or without prefix and padding; the bytes of the text if it is not base64."""
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    return key or secret.encode()
