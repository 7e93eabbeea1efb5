"""Checks every signature that a webhook of ours may carry.

A group is the headers of one API's scheme: one of them that is right will do, since after a rotation the other was made
with the other secret. Every group that a request has must be right.
"""

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass

# What Standard Webhooks and Svix allow, either way.
TOLERANCE = 300


@dataclass
class Verdict:
    """What became of one header's check."""

    header: str
    group: str
    # None: there is no secret to tell by.
    good: bool | None
    why: str = ""


@dataclass
class Scheme:
    """The signature header of an API, and how it is made."""

    header: str
    group: str
    # What the header has before each signature.
    prefix: str
    # Headers whose values go before the body, each with a full stop after it; without one, the body alone is signed.
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
        """The header that says when the request was signed, where one does."""
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
    """A verdict for each signature that the request carries."""
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
    # Bytes, since a header may hold anything, and text that is not ASCII cannot be compared.
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in expected for other in given):
        return says(False, "made with none of your secrets, or the request was changed")
    if scheme.timestamp():
        stamp = headers.get(scheme.timestamp(), "")
        age = now - int(stamp) if stamp.isascii() and stamp.isdigit() else None
        if age is None:
            return says(False, f"{scheme.timestamp()} is no time")
        if abs(age) > TOLERANCE:
            return says(False, f"{'too old' if age > 0 else 'from the future'}: {abs(age):.0f} s, {TOLERANCE} allowed")
    return says(True)


def refused(verdicts, secrets):
    """Whether a receiver with these secrets must refuse a request with these verdicts."""
    groups = {}
    for one in verdicts:
        groups.setdefault(one.group, []).append(one)
    right = groups and all(any(one.good for one in members) for members in groups.values())
    return bool(secrets) and not right


def scheme_of(headers):
    """The API that a webhook is of, by what it carries."""
    groups = [scheme.group for scheme in SCHEMES if scheme.header in headers]
    return groups[0] if groups else "unsigned"


def key_bytes(secret):
    """The key as base64, with or without the prefix and the padding; the whole text's bytes if it is none."""
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    return key or secret.encode()
