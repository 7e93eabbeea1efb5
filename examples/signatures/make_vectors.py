#!/usr/bin/env python3
"""Writes vectors.json: requests for which the verifiers of all languages must have the same result.

It shares no code with the verifiers or with STACK Notifications. Each vector is a request, the secret of its receiver,
and whether the receiver must accept the request at the time NOW. `make_vectors.py --print` writes to stdout.
"""

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path

# The time of the example in the Standard Webhooks libraries, which is one of the vectors.
NOW = 1614265330
TOLERANCE = 300

ID = "dlv_01K0000000000000000000000001K00000000000000000000000"
BODY = '{"event_type":"passport.flagged","data":{"jti":"ppt_abc123","note":"Zo\u00eb \u2713"}}'
TAMPERED = BODY.replace("flagged", "blocked")


def generated(letter):
    """A secret in the format of STACK Notifications, with 32 equal bytes."""
    return "whsec_" + base64.b64encode(letter * 32).decode()


CURRENT, PREVIOUS, OLDEST, OTHER = (generated(letter) for letter in (b"C", b"P", b"O", b"X"))


def digest(key, signed):
    return hmac.new(key, signed, hashlib.sha256).digest()


def hexadecimal(secret, signed=BODY):
    return digest(secret.encode(), signed.encode()).hex()


def standard(key, at=NOW, message_id=ID, body=BODY):
    signed = f"{message_id}.{at}.{body}".encode()
    return "v1," + base64.b64encode(digest(key, signed)).decode()


def key_bytes(secret):
    """The key of a secret from `generated`."""
    return base64.b64decode(secret[len("whsec_") :])


def without(headers, name):
    return {key: value for key, value in headers.items() if key != name}


def vectors():
    made = []

    def add(scheme, name, valid, headers, secret=CURRENT, body=BODY):
        vector = {"scheme": scheme, "name": name, "valid": valid, "secret": secret, "headers": headers, "body": body}
        made.append(vector)

    for scheme, prefix in (("standard", "webhook"), ("svix", "svix")):
        names = [f"{prefix}-{part}" for part in ("id", "timestamp", "signature")]

        def request(signatures, at=NOW, message_id=ID, names=names):
            return dict(zip(names, (message_id, str(at), signatures)))

        current, previous = standard(key_bytes(CURRENT)), standard(key_bytes(PREVIOUS))
        valid = request(current)
        add(scheme, "valid", True, valid)
        add(scheme, "wrong secret", False, valid, secret=OTHER)
        add(scheme, "tampered body", False, valid, body=TAMPERED)
        add(scheme, "changed id", False, request(current, message_id="dlv_2"))
        add(scheme, "changed timestamp", False, request(current, at=NOW - 1))
        for name, seconds in (("old", -1), ("early", 1)):
            for distance in (TOLERANCE, TOLERANCE + 1):
                at = NOW + seconds * distance
                signatures = standard(key_bytes(CURRENT), at)
                add(scheme, f"{distance} s {name}", distance <= TOLERANCE, request(signatures, at))
        for timestamp in ("", "now", "1e9", "-1614265330", "16142653300000000000000000", "\u0661\u0666"):
            signatures = standard(key_bytes(CURRENT), timestamp)
            add(scheme, f"timestamp {timestamp!a}", False, request(signatures, timestamp))
        rotated = request(f"{current} {previous}")
        add(scheme, "rotated, receiver has the new secret", True, rotated)
        add(scheme, "rotated, receiver has the previous secret", True, rotated, secret=PREVIOUS)
        add(scheme, "rotated, receiver has neither secret", False, rotated, secret=OTHER)
        add(scheme, "signature of another version first", True, request(f"v1a,AAAA {current}"))
        add(scheme, "signature without its version", False, request(current.removeprefix("v1,")))
        add(scheme, "signature of another version only", False, request("v2" + current.removeprefix("v1")))
        add(scheme, "truncated signature", False, request(current[:-4]))
        add(scheme, "signature that is not ASCII", False, request("v1,\u00fc\u2713"))
        for name in names:
            add(scheme, f"missing {name}", False, without(valid, name))
        add(scheme, "headers of no scheme", False, {})

    spec = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    add("standard", "example of the Standard Webhooks libraries", True, spec, secret, '{"test": 2432232314}')

    # Custom secrets: base64 in every accepted form, and texts that are not base64.
    bare = base64.b64encode(b"a key of 25 bytes, padded").decode().rstrip("=")
    for secret in (bare, f"{bare}=", f"{bare}==", f"whsec_{bare}", f"whsec_{bare}=="):
        headers = dict(spec, **{"webhook-signature": standard(b"a key of 25 bytes, padded", NOW, spec["webhook-id"])})
        add("standard", f"secret {secret!r}", True, headers, secret)
    for secret in ("a pass phrase!", "whsec_not base64", "whsec_", "abcde", f"{bare}===", "Zo\u00eb"):
        headers = dict(spec, **{"webhook-signature": standard(secret.encode(), NOW, spec["webhook-id"])})
        add("standard", f"secret {secret!a}, which is not base64", True, headers, secret)

    stack, earlier = "x-stack-signature-256", "x-stack-signature-256-previous"
    valid = {stack: hexadecimal(CURRENT)}
    rotated = {stack: hexadecimal(CURRENT), earlier: hexadecimal(PREVIOUS)}
    twice = {stack: hexadecimal(CURRENT), earlier: f"{hexadecimal(PREVIOUS)}, {hexadecimal(OLDEST)}"}
    add("stack", "valid", True, valid)
    add("stack", "wrong secret", False, valid, secret=OTHER)
    add("stack", "tampered body", False, valid, body=TAMPERED)
    add("stack", "rotated, receiver has the new secret", True, rotated)
    add("stack", "rotated, receiver has the previous secret", True, rotated, secret=PREVIOUS)
    add("stack", "rotated, receiver has neither secret", False, rotated, secret=OTHER)
    add("stack", "rotated twice, receiver has the oldest secret", True, twice, secret=OLDEST)
    add("stack", "rotated twice, receiver has none of the secrets", False, twice, secret=OTHER)
    add("stack", "key without whsec_", False, {stack: digest(key_bytes(CURRENT), BODY.encode()).hex()})
    add("stack", "uppercase hex", False, {stack: hexadecimal(CURRENT).upper()})
    add("stack", "truncated signature", False, {stack: hexadecimal(CURRENT)[:-2]})
    add("stack", "signature that is not ASCII", False, {stack: "\u00fc\u2713"})
    add("stack", "empty headers", False, {stack: "", earlier: ""})
    add("stack", f"missing {stack}", False, {})
    rfc = {stack: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"}
    add("stack", "RFC 4231, test case 2", True, rfc, "Jefe", "what do ya want for nothing?")

    def mail(*secrets, at=NOW):
        signatures = ",".join("v1=" + hexadecimal(secret, f"{at}.{BODY}") for secret in secrets)
        return {"stackshift-timestamp": str(at), "stackshift-signature": signatures}

    valid, rotated = mail(CURRENT), mail(CURRENT, PREVIOUS)
    add("mail", "valid", True, valid)
    add("mail", "wrong secret", False, valid, secret=OTHER)
    add("mail", "tampered body", False, valid, body=TAMPERED)
    add("mail", "changed timestamp", False, dict(valid, **{"stackshift-timestamp": str(NOW - 1)}))
    for name, sign in (("old", -1), ("early", 1)):
        for distance in (TOLERANCE, TOLERANCE + 1):
            add("mail", f"{distance} s {name}", distance <= TOLERANCE, mail(CURRENT, at=NOW + sign * distance))
    for timestamp in ("", "now", "-1614265330"):
        add("mail", f"timestamp {timestamp!r}", False, mail(CURRENT, at=timestamp))
    add("mail", "rotated, receiver has the new secret", True, rotated)
    add("mail", "rotated, receiver has the previous secret", True, rotated, secret=PREVIOUS)
    add("mail", "rotated, receiver has neither secret", False, rotated, secret=OTHER)
    bare = valid["stackshift-signature"].removeprefix("v1=")
    add("mail", "signature without its version", False, dict(valid, **{"stackshift-signature": bare}))
    for name in valid:
        add("mail", f"missing {name}", False, without(valid, name))

    for scheme, header in (("providers", "x-kaireon-signature"), ("config", "x-sigsentry-signature")):
        valid = {header: "sha256=" + hexadecimal("a pass phrase!")}
        add(scheme, "valid", True, valid, "a pass phrase!")
        whole, unicode = ({header: "sha256=" + hexadecimal(secret)} for secret in (CURRENT, "Zo\u00eb"))
        add(scheme, "valid, with a secret that has the form of a generated one", True, whole)
        add(scheme, "valid, with a secret that is not ASCII", True, unicode, "Zo\u00eb")
        add(scheme, "wrong secret", False, valid, OTHER)
        add(scheme, "tampered body", False, valid, "a pass phrase!", TAMPERED)
        add(scheme, "signature without its prefix", False, {header: hexadecimal("a pass phrase!")}, "a pass phrase!")
        add(scheme, f"missing {header}", False, {}, "a pass phrase!")
    add("config", "header of the Providers API", False, {"x-kaireon-signature": "sha256=" + hexadecimal(CURRENT)})
    return made


def document():
    return json.dumps({"now": NOW, "vectors": vectors()}, indent=2) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(document())
    else:
        Path(__file__).with_name("vectors.json").write_text(document(), encoding="utf-8")
