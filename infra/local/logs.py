"""Prints the logs of a local cloud's functions: everything since a time, or only problems.

    logs.py ENV_FILE
"""

import re
import sys

import boto3

import env

# Lambda's own lines for every invocation, and metrics.
NOISE = re.compile(r'(START|END|REPORT) RequestId|\{"_aws"')
# The functions log JSON lines, without a level if it is INFO; any other output, such as a panic, is a problem.
HARMLESS = re.compile(r'\{(?!.*"level":"(WARN|ERROR)")')


def show(since=0, problems_only=False, lines=40):
    """Prints the last lines since `since`, in milliseconds as in CloudWatch."""
    logs = boto3.client("logs")
    found = []
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for event in logs.filter_log_events(logGroupName=name, startTime=since)["events"]:
            message = event["message"].rstrip()
            if not NOISE.match(message) and not (problems_only and HARMLESS.match(message)):
                found.append((event["timestamp"], name.rsplit("/", 1)[-1], message))
    for _, name, message in sorted(found)[-lines:]:
        print(f"  {name}: {message[:600]}")


if __name__ == "__main__":
    env.use(env.read(sys.argv[1]))
    show(problems_only=True)
