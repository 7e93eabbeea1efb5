"""Checks template.yaml, expanded as on AWS, for problems that AWS does not report. Part of `make lint`."""

import json
import logging
import re
import sys
from pathlib import Path

import template
from check_rollout import deployments, versions
from expanded import function_of, of_type, target

RETENTION = 14 * 24 * 3600


def main():
    # The translator logs what it would report to AWS.
    logging.disable(logging.CRITICAL)
    root = Path(__file__).resolve().parents[2]
    expanded = expand(root)
    resources = expanded["Resources"]
    gradual = expand(root, DeploymentType="Canary10Percent5Minutes")["Resources"]
    described = json.loads((root / "infra/openapi.json").read_text())["paths"]
    released = json.loads((root / "infra/released_tables.json").read_text())
    problems = [
        *loops(resources),
        *queues(resources),
        *kept(resources),
        *restorable(resources),
        *routes(resources, described),
        *updates(resources, released),
        *access_logs(resources),
        *traced(resources),
        *alarms(resources, (root / "docs/operations.md").read_text()),
        *dashboards(resources),
        *explained(expanded["Parameters"], (root / "docs/deploy.md").read_text()),
        *versions(resources, expanded["Parameters"]),
        *deployments(resources, gradual),
    ]
    print("\n".join(problems))
    sys.exit(bool(problems))


def expand(root, **parameters):
    return template.expand(root / "template.yaml", lambda _: "s3://bucket/code.zip", parameters)


def sent_to(role):
    """The queues that a role may send to."""
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "sqs:SendMessage" in statement["Action"]:
                to = statement["Resource"]
                yield from map(target, to if isinstance(to, list) else [to])


def loops(resources):
    """Functions that send to their own queue: AWS stops such a loop after 16 rounds, unless the function allows it.

    The attempt after 3 h takes round 17 to 20 of its loop.
    """
    roles = of_type(resources, "AWS::IAM::Role")
    fed_by = {}
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        fed_by.setdefault(function_of(resources, mapping["FunctionName"]), set()).add(target(mapping["EventSourceArn"]))
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        own = fed_by.get(name, set()) & set(sent_to(roles[target(function["Role"])]))
        if own and function.get("RecursiveLoop") != "Allow":
            yield f"{name}: sends to its own queue {', '.join(sorted(own))}; set RecursiveLoop: Allow"


def queues(resources):
    """Queues with a short retention, without a dead-letter queue, or with one that has no alarm."""
    all_queues = of_type(resources, "AWS::SQS::Queue")
    dead_letters = {target(q["RedrivePolicy"]["deadLetterTargetArn"]) for q in all_queues.values() if "RedrivePolicy" in q}
    for rule in of_type(resources, "AWS::Events::Rule").values():
        dead_letters |= {target(to["DeadLetterConfig"]["Arn"]) for to in rule["Targets"] if "DeadLetterConfig" in to}
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    alarmed = {target(dimension["Value"]) for alarm in alarms for dimension in alarm.get("Dimensions", [])}
    for name, queue in all_queues.items():
        if queue.get("MessageRetentionPeriod") != RETENTION:
            yield f"{name}: keeps messages for less than 14 days; set MessageRetentionPeriod: {RETENTION}"
        if name not in dead_letters and "RedrivePolicy" not in queue:
            yield f"{name}: has no dead-letter queue; set RedrivePolicy"
        if name in dead_letters and name not in alarmed:
            yield f"{name}: has no alarm"


def kept(resources):
    """Tables and keys that would remain after a failed first deployment, and tables that a click could delete."""
    for name, resource in resources.items():
        # SAM retains old versions; they are deleted with their function.
        if resource.get("DeletionPolicy") == "Retain" and resource["Type"] != "AWS::Lambda::Version":
            yield f"{name}: would remain after a failed first deployment; set DeletionPolicy: RetainExceptOnCreate"
        protected = resource["Properties"].get("DeletionProtectionEnabled") if "Properties" in resource else None
        table = resource["Type"] == "AWS::DynamoDB::Table"
        if table and resource.get("DeletionPolicy") == "RetainExceptOnCreate" and not protected:
            yield f"{name}: a click could delete it; set DeletionProtectionEnabled: true"


def restorable(resources):
    """Tables without point-in-time recovery, except for the log of events and deliveries, where it is a parameter."""
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        wanted = {"Ref": "EventLogRecovery"} if name in ("EventsTable", "DeliveriesTable") else True
        if table.get("PointInTimeRecoverySpecification") != {"PointInTimeRecoveryEnabled": wanted}:
            yield f"{name}: cannot be restored as intended; set PointInTimeRecoveryEnabled to {wanted}"


def routes(resources, described):
    """Paths of the API without a route, and routes without a path of the API."""
    # Not part of the API: its OpenAPI document, the console, the receiver of `make smoke`, and the fallback route.
    other = {"/openapi.json", "/console", "/console/{}", "/echo", "$default"}
    keys = [route["RouteKey"] for route in of_type(resources, "AWS::ApiGatewayV2::Route").values()]
    routed = {re.sub(r"\{[^}]*\}", "{}", key.split(" ")[-1]) for key in keys} - other
    paths = {re.sub(r"\{[^}]*\}", "{}", path) for path in described}
    yield from (f"{path}: the template has no route for this path" for path in sorted(paths - routed))
    yield from (f"{path}: the template has a route, but the API has no such path" for path in sorted(routed - paths))


def access_logs(resources):
    """Access logs that may contain addresses of callers, or values that callers wrote into a path."""
    for name, stage in of_type(resources, "AWS::ApiGatewayV2::Stage").items():
        text = stage.get("AccessLogSettings", {}).get("Format", "")
        for variable in sorted(set(re.findall(r"\$context\.[\w.]+", text))):
            if re.search(r"sourceIp|userAgent|path|domain|identity", variable, re.IGNORECASE):
                yield f"{name}: logs {variable}, which may contain an address; log $context.routeKey"
        for wanted in ("$context.requestId", "$context.integration.requestId", "$context.routeKey"):
            if f'"{wanted}"' not in text:
                yield f"{name}: does not log {wanted}, which is needed to find its line"


def traced(resources):
    """Functions that cannot send traces while tracing is on, and permissions that exist while it is off."""
    policy = {"Ref": "TracingPolicy"}
    nothing = {"Ref": "AWS::NoValue"}
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        policies = role.get("ManagedPolicyArns", [])
        whole = policies == {"Fn::If": ["Traces", [policy], nothing]}
        if not whole and {"Fn::If": ["Traces", policy, nothing]} not in policies:
            yield f"{name}: add TracingPolicy to ManagedPolicyArns under the condition Traces"
    if resources["TracingPolicy"].get("Condition") != "Traces":
        yield "TracingPolicy: exists while tracing is off; set Condition: Traces"
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        chosen = function.get("TracingConfig", {}).get("Mode")
        if chosen != {"Ref": "Tracing"} or function["Environment"]["Variables"].get("TRACING") != chosen:
            yield f"{name}: set Tracing and the variable TRACING to the parameter Tracing"


def alarms(resources, document):
    """Alarms that notify nobody, and alarms without instructions in the documentation."""
    named = set(re.findall(r"(?m)^\| `(\w+Alarm)` \|", document))
    found = of_type(resources, "AWS::CloudWatch::Alarm")
    for name, alarm in found.items():
        if not alarm.get("AlarmActions"):
            yield f"{name}: notifies nobody; set AlarmActions"
        if name not in named:
            yield f"{name}: has no row in docs/operations.md"
    gone = sorted(named - found.keys())
    yield from (f"{name}: is in docs/operations.md, but is not an alarm of the template" for name in gone)


def explained(parameters, document):
    """Parameters that are missing from the table in docs/deploy.md, listed twice, or not in the template."""
    table = re.search(r"\| parameter \| what it is \|\n\| --- \| --- \|\n((?:\|.*\n)+)", document)
    rows = table[1].splitlines() if table else []
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    missing = sorted(parameters.keys() - set(named))
    yield from (f"{name}: is not in the table of parameters in docs/deploy.md" for name in missing)
    gone = sorted(set(named) - parameters.keys())
    yield from (f"{name}: is in the table of docs/deploy.md, but is not a parameter" for name in gone)
    twice = {one for one in named if named.count(one) > 1}
    yield from (f"{name}: is twice in the table of parameters in docs/deploy.md" for name in sorted(twice))


def dashboards(resources):
    """Dashboards with an invalid body, or that do not search the logs of every function for cold starts."""
    groups = of_type(resources, "AWS::Logs::LogGroup").keys() - {"ApiLogs"}
    for name, dashboard in of_type(resources, "AWS::CloudWatch::Dashboard").items():
        body = dashboard["DashboardBody"]["Fn::Sub"]
        try:
            widgets = json.loads(re.sub(r"\$\{[\w:.]+\}", "x", body))["widgets"]
        except ValueError as error:
            yield f"{name}: its body is not JSON: {error}"
            continue
        places = [(one["x"], one["y"]) for one in widgets]
        shared = sorted({one for one in places if places.count(one) > 1})
        yield from (f"{name}: two widgets have the position {place}" for place in shared)
        searched = set(re.findall(r"SOURCE '\$\{(\w+)\}'", body))
        yield from (f"{name}: does not search {group}" for group in sorted(groups - searched))


def tables(resources):
    """The key and the indexes of each table, which an update of the stack can change only in part."""
    found = {}
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        # Warm throughput can be raised at any time, for any number of indexes.
        indexes = {
            index["IndexName"]: {key: value for key, value in index.items() if key != "WarmThroughput"}
            for index in table.get("GlobalSecondaryIndexes", [])
        }
        found[name] = {"key": table["KeySchema"], "indexes": indexes}
    return found


def updates(resources, released):
    """Changes that need new tables or several updates after the last release (infra/released_tables.json)."""
    for name, table in tables(resources).items():
        before = released.get(name)
        if not before:
            continue
        if table["key"] != before["key"]:
            yield f"{name}: has another key than in the last release, which would replace the table"
        changed = {
            index
            for index in table["indexes"].keys() | before["indexes"].keys()
            if table["indexes"].get(index) != before["indexes"].get(index)
        }
        if len(changed) > 1:
            yield f"{name}: changes the indexes {', '.join(sorted(changed))}; DynamoDB allows one change per update"
        for index in changed & table["indexes"].keys() & before["indexes"].keys():
            yield f"{name}: changes the index {index}, which counts as a deletion and a creation in DynamoDB"
    yield from (f"{name}: was a table in the last release; keep it" for name in released.keys() - tables(resources).keys())


if __name__ == "__main__":
    main()
