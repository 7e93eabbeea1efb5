"""Hooks for what JSON Schema cannot express: valid texts, existing ids, and errors that depend on a resource's state.

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

# The built-in event types have their own schemas for `data`; for the types below, any object is valid.
TYPES = ["passport.flagged", "passport.blocked", "passport.missed_checkout"]
schemathesis.openapi.format("event-type", st.one_of(word.map("custom.{}".format), st.sampled_from(TYPES)))
# A cursor is valid for its own list only; the empty one selects the first page of any list.
schemathesis.openapi.format("cursor", st.just(""))
# `TeamMailFrom` allows these addresses, and they belong to nobody.
schemathesis.openapi.format("email", word.map("{}@example.com".format))
# Valid numbers of the United States.
schemathesis.openapi.format("phone", st.integers(1000, 9999).map("+1415555{}".format))
# The receiver of the test, and hosts that do not exist.
schemathesis.openapi.format(
    "uri",
    st.one_of(
        word.map(f"{os.environ['RECEIVER_URL']}/{{}}".format),
        st.builds("https://{}.example/{}".format, st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12), word),
    ),
)
# Visible characters only.
schemathesis.openapi.format("name", word)
schemathesis.openapi.format("description", word)
schemathesis.openapi.format("header-name", word.map("X-Test-{}".format))
schemathesis.openapi.format("header-value", st.text([chr(c) for c in range(0x21, 0x7F)], min_size=1, max_size=30))

# The resources that the test has created: the path before `{id}`, and the id.
MADE = json.loads(os.environ["MADE"])


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Uses an existing id in half of the requests; the resource stays until the end."""
    made = MADE.get(context.operation.path.split("{")[0].rstrip("/"))
    if made and path_parameters and context.operation.method != "delete" and sum(path_parameters["id"].encode()) % 2:
        path_parameters["id"] = made
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    """Uses existing ids in rules and notifications. Any text is a valid id: this fixes no invalid body."""
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
    """Keeps a quarter of the requests with wrong types in a body's fields: they would be half of all requests."""
    wrong_type = coverage_scenario(case) == CoverageScenario.INCORRECT_TYPE and case.body is not NOT_SET
    return not wrong_type or crc32(repr(case.body).encode()) % 4 == 0


# Python 3.11 fails when two threads parse a lambda at the same time (python/cpython#106905). Only messages need this.
lambda_sources.lambda_description = lambda function: "<lambda>"

# The API answers 400 with one of these codes if a request is valid but does not fit the state of its resource.
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

# Rules that JSON Schema cannot express: fields that exclude or need each other, times that must be in the future, the
# contrast of two colors, origins that the deployment allows, the forms of ids and permissions, and whole numbers that are
# not written with a decimal point.
BEYOND_SCHEMA = (
    "`expires_at`: ",
    "`expires_in_seconds`: is the number ",
    "`filter.destination_ids`: ",
    "`filter.states`: ",
    "`permissions`: ",
    "`project_id`: ",
    "`theme.",
)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Ignores the 400 of a valid request that does not fit the state of its resource."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, 422):
        return True
    error = response.json()
    changes = case.method in ("PATCH", "PUT")
    depends = str(error.get("error")).startswith(BEYOND_SCHEMA)
    return error.get("code") not in STATES and not depends and not (changes and of_another_kind(error))


def of_another_kind(error):
    """Whether all problems depend on the kind of the resource to change, which the request does not contain."""
    detail = error["error"] if isinstance(error["error"], dict) else {"message": error["error"]}
    problems = detail.get("details") or error.get("fields") or [{"field": "", "message": detail["message"]}]
    return all(
        "applies to destinations that receive HTTP requests only" in problem["message"]
        or problem["field"] == "type"
        or problem["message"].startswith("`destination`: ")
        or problem["field"].split(".")[0] in ("config", "credentials")
        for problem in problems
    )
