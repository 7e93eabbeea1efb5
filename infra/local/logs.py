"""Prints what the functions of a local cloud logged: all since a time, or what tells of trouble.

    logs.py ENV_FILE
"""

import re
import sys

import boto3

import env

# Lambda's own lines around every invocation, and metrics.
NOISE = re.compile(r'(START|END|REPORT) RequestId|\{"_aws"')
# The functions log one JSON line for each thing; whatever else they print, a panic say, is trouble.
HARMLESS = re.compile(r'\{.*"level":"(TRACE|DEBUG|INFO)"')


def show(since=0, trouble_only=False, lines=40):
    """`since` in milliseconds, as CloudWatch counts."""
    logs = boto3.client("logs")
    found = []
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for event in logs.filter_log_events(logGroupName=name, startTime=since)["events"]:
            message = event["message"].rstrip()
            if not NOISE.match(message) and not (trouble_only and HARMLESS.match(message)):
                found.append((event["timestamp"], name.rsplit("/", 1)[-1], message))
    for _, name, message in sorted(found)[-lines:]:
        print(f"  {name}: {message[:600]}")


if __name__ == "__main__":
    env.use(env.read(sys.argv[1]))
    show(trouble_only=True)
