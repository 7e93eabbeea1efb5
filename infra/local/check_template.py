"""Checks template.yaml, expanded as AWS would, for what AWS ends or forgets without a word. Part of `make lint`."""

import sys
from pathlib import Path

import template

RETENTION = 14 * 24 * 3600


def main():
    path = Path(__file__).resolve().parents[2] / "template.yaml"
    resources = template.expand(path, lambda _: "s3://bucket/code.zip")["Resources"]
    problems = [*loops(resources), *queues(resources)]
    print("\n".join(problems))
    sys.exit(bool(problems))


def of_type(resources, name):
    return {key: value["Properties"] for key, value in resources.items() if value["Type"] == name}


def target(value):
    """The resource that `!Ref X`, `!GetAtt X.Arn` or `!GetAtt X.QueueName` names."""
    if isinstance(value, dict):
        named = value.get("Ref") or value.get("Fn::GetAtt")
        return named[0] if isinstance(named, list) else named.split(".")[0] if named else None
    return None


def sent_to(role):
    """The queues that a role may send to."""
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "sqs:SendMessage" in statement["Action"]:
                to = statement["Resource"]
                yield from map(target, to if isinstance(to, list) else [to])


def loops(resources):
    """Functions that send to a queue that feeds them: AWS ends such a chain after 16 rounds, unless the function allows it.

    The attempt after 3 h is round 17 to 20 of its chain.
    """
    roles = of_type(resources, "AWS::IAM::Role")
    fed_by = {}
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        fed_by.setdefault(target(mapping["FunctionName"]), set()).add(target(mapping["EventSourceArn"]))
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        own = fed_by.get(name, set()) & set(sent_to(roles[target(function["Role"])]))
        if own and function.get("RecursiveLoop") != "Allow":
            yield f"{name}: feeds itself by {', '.join(sorted(own))}; set RecursiveLoop: Allow"


def queues(resources):
    """Queues that forget early, have no dead-letter queue, or have one that nobody is told of."""
    all_queues = of_type(resources, "AWS::SQS::Queue")
    dead_letters = {target(q["RedrivePolicy"]["deadLetterTargetArn"]) for q in all_queues.values() if "RedrivePolicy" in q}
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    alarmed = {target(dimension["Value"]) for alarm in alarms for dimension in alarm.get("Dimensions", [])}
    for name, queue in all_queues.items():
        if queue.get("MessageRetentionPeriod") != RETENTION:
            yield f"{name}: keeps messages for less than 14 days; set MessageRetentionPeriod: {RETENTION}"
        if name not in dead_letters and "RedrivePolicy" not in queue:
            yield f"{name}: has no dead-letter queue; set RedrivePolicy"
        if name in dead_letters and name not in alarmed:
            yield f"{name}: no alarm looks at it"


if __name__ == "__main__":
    main()
