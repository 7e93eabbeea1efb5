"""What JSON Schema cannot say: which text is valid, which ids there are, and which refusals are of a state.

`tests/schema.rs` sets the variables and `schemathesis.toml` names this module.
"""

import json
import os
from zlib import crc32

import schemathesis
from hypothesis.internal import lambda_sources
from hypothesis import strategies as st
from schemathesis.core import NOT_SET
from schemathesis.generation.meta import CoverageScenario, coverage_scenario
from schemathesis.openapi.checks import RejectedPositiveData

word = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)

# The server's own types have data of their own schemas: of these, any object will do.
TYPES = ["passport.flagged", "passport.blocked", "passport.missed_checkout"]
schemathesis.openapi.format("event-type", st.one_of(word.map("custom.{}".format), st.sampled_from(TYPES)))
# The cursor of a list is good for that list only: this is the first page of any.
schemathesis.openapi.format("cursor", st.just(""))
# `TeamMailFrom` allows these, and nobody gets mail at them.
schemathesis.openapi.format("email", word.map("{}@example.com".format))
# Numbers of the United States that exist.
schemathesis.openapi.format("phone", st.integers(1000, 9999).map("+1415555{}".format))
# A receiver of the test, and hosts that nobody has.
schemathesis.openapi.format(
    "uri",
    st.one_of(
        word.map(f"{os.environ['RECEIVER_URL']}/{{}}".format),
        st.builds("https://{}.example/{}".format, st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12), word),
    ),
)
schemathesis.openapi.format("header-name", word.map("X-Test-{}".format))
schemathesis.openapi.format("header-value", st.text([chr(c) for c in range(0x21, 0x7F)], min_size=1, max_size=30))

# What the test has made before: the path before `{id}`, and the id.
MADE = json.loads(os.environ["MADE"])


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Half of the requests are for what there is; it stays until the end."""
    made = MADE.get(context.operation.path.split("{")[0].rstrip("/"))
    if made and path_parameters and context.operation.method != "delete" and sum(path_parameters["id"].encode()) % 2:
        path_parameters["id"] = made
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    """Rules and notifications are for what there is: any text is valid as an id, so that this makes no wrong body right."""
    if isinstance(body, dict):
        rule = body.get("rule", body)
        if isinstance(rule, dict) and isinstance(rule.get("destination_id"), str):
            rule["destination_id"] = MADE["/v1/notifications/destinations"]
        if isinstance(rule, dict) and is_texts(rule.get("destination_ids")):
            rule["destination_ids"][0] = MADE["/v1/notifications/destinations"]
        if is_texts(body.get("providerIds")) and len(body["providerIds"][0]) == 36:
            body["providerIds"][0] = MADE["/api/v1/notifications/providers"]
    return body


def is_texts(value):
    return isinstance(value, list) and value and all(isinstance(item, str) for item in value)


@schemathesis.hook
def filter_case(context, case):
    """Wrong types in all fields of a body would be half of all requests: a quarter of them says as much."""
    wrong_type = coverage_scenario(case) == CoverageScenario.INCORRECT_TYPE and case.body is not NOT_SET
    return not wrong_type or crc32(repr(case.body).encode()) % 4 == 0


# Python 3.11 loses count when two threads parse a lambda at once (python/cpython#106905), which is done for messages only.
lambda_sources.lambda_description = lambda function: "<lambda>"

# The API answers a request that does not fit the state of what it names by a 400 with one of these codes.
STATES = {
    "already_verified",
    "code_expired",
    "code_missing",
    "code_spent",
    "code_wrong",
    "destination_unverified",
    "no_code_needed",
    "no_own_address",
    "no_secret",
    "verification_failed",
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps all but the 400 of a valid request that does not fit the state of what it names."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, 422):
        return True
    error = response.json()
    changes = case.method in ("PATCH", "PUT")
    return error.get("code") not in STATES and not (changes and of_another_kind(error))


def of_another_kind(error):
    """Whether all that is wrong depends on the kind of what is changed, which the request does not name."""
    detail = error["error"] if isinstance(error["error"], dict) else {"message": error["error"]}
    problems = detail.get("details") or error.get("fields") or [{"field": "", "message": detail["message"]}]
    return all(
        "applies to destinations that receive HTTP requests only" in problem["message"]
        or problem["field"] == "type"
        or problem["field"].split(".")[0] in ("config", "credentials")
        for problem in problems
    )
