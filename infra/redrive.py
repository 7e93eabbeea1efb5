"""Sends the messages of every dead-letter queue back to the queue that they came from or were meant for.

    redrive.py STACK [ENV_FILE]

STACK is the name of the stack. ENV_FILE contains the variables of a local cloud; without it, the AWS account of the
environment is used.

A message is sent before it is deleted, so that none is lost if this program is stopped. At worst a message is sent
twice, which the functions handle.
"""

import json
import sys
from pathlib import Path

import boto3

sys.path.append(str(Path(__file__).parent / "local"))
import env  # noqa: E402

# The maximum number of messages in a call: a limit of SQS.
BATCH = 10
# How long a received message is hidden, in seconds: enough to send and delete a batch.
HIDDEN_SECONDS = 60


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__.split("\n\n")[1])
    stack, *env_files = sys.argv[1:]
    for env_file in env_files:
        variables = env.read(env_file)
        if not variables:
            sys.exit(f"{env_file} does not exist: run `make up`, or name a stack on AWS with STACK=…")
        env.use(variables)
    sqs = boto3.client("sqs")
    pairs = dead_letter_queues(sqs, stack)
    if not pairs:
        sys.exit(f"No queue of the stack {stack} has a dead-letter queue. Check STACK, the region and the credentials.")
    for name, (dead_letters, queue) in sorted(pairs.items()):
        count = redrive(sqs, dead_letters, queue)
        messages = f"{count or 'no'} message{'' if count == 1 else 's'}"
        print(f"{name}: {messages} sent back to {queue.rsplit('/', 1)[-1]}", flush=True)


def dead_letter_queues(sqs, stack):
    """The URLs of each dead-letter queue and of its source queue, by name."""
    urls, sources = {}, {}
    # CloudFormation names every resource with the name of the stack as a prefix.
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix=f"{stack}-", PaginationConfig={"PageSize": 1000}
    )
    for page in pages:
        for url in page.get("QueueUrls", []):
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"])
            attributes = answer["Attributes"]
            urls[attributes["QueueArn"]] = url
            policy = attributes.get("RedrivePolicy")
            if policy:
                sources[json.loads(policy)["deadLetterTargetArn"]] = url
    pairs = {name_of(arn): (urls[arn], queue) for arn, queue in sources.items() if arn in urls}
    # EventBridge puts events that it could not deliver into this queue; no redrive policy refers to it.
    bus = [url for arn, url in urls.items() if name_of(arn).startswith(f"{stack}-BusDeadLetters-")]
    events = [url for arn, url in urls.items() if name_of(arn).startswith(f"{stack}-EventsQueue-")]
    return pairs | {url.rsplit("/", 1)[-1]: (url, events[0]) for url in bus if events}


def name_of(arn):
    return arn.rsplit(":", 1)[-1]


def redrive(sqs, dead_letters, queue):
    """Sends all messages back, and returns their number."""
    count = 0
    while messages := receive(sqs, dead_letters):
        for message in messages:
            send(sqs, queue, message)
            sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
            count += 1
    return count


def receive(sqs, dead_letters):
    answer = sqs.receive_message(
        QueueUrl=dead_letters,
        MaxNumberOfMessages=BATCH,
        VisibilityTimeout=HIDDEN_SECONDS,
        # Long polling queries all of SQS's servers: without it, some messages could be missed.
        WaitTimeSeconds=2,
        AttributeNames=["MessageGroupId", "AWSTraceHeader"],
        MessageAttributeNames=["All"],
    )
    return answer.get("Messages", [])


def send(sqs, queue, message):
    request = {"QueueUrl": queue, "MessageBody": message["Body"]}
    system = message.get("Attributes", {})
    if "MessageGroupId" in system:
        request["MessageGroupId"] = system["MessageGroupId"]
    if "AWSTraceHeader" in system:
        trace = {"DataType": "String", "StringValue": system["AWSTraceHeader"]}
        request["MessageSystemAttributes"] = {"AWSTraceHeader": trace}
    if message.get("MessageAttributes"):
        request["MessageAttributes"] = message["MessageAttributes"]
    sqs.send_message(**request)


if __name__ == "__main__":
    main()
