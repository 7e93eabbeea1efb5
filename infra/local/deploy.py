"""Deploys template.yaml to the local cloud with CloudFormation, and writes a file of variables for shells.

    deploy.py DIR ENV_FILE [Parameter=Value …]

DIR is the directory of cloud.py. Another run updates what has changed. The parameter `MailFrom` is required.
"""

import hashlib
import io
import json
import os
import platform
import re
import sys
import zipfile
from functools import partial
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

import account
import cloud
import env
import template

ROOT = Path(__file__).resolve().parents[2]
STACK = "stack-notifications"
BUCKET = "stack-notifications-code"
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"


def main():
    directory, env_file, *parameters = sys.argv[1:]
    running = cloud.read(Path(directory).resolve())
    if not running:
        sys.exit("The local cloud is not running. Start it with: make up")
    variables = {
        "AWS_ENDPOINT_URL": f"http://localhost:{running['port']}",
        "AWS_ACCESS_KEY_ID": cloud.ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": cloud.ROOT_KEY,
        "AWS_REGION": cloud.REGION,
        # The AWS CLI requires this name.
        "AWS_DEFAULT_REGION": cloud.REGION,
    }
    # The SDK below and the SAM translator read these variables.
    env.use(variables)

    print("Deploying template.yaml …", flush=True)
    chosen = dict(parameter.split("=", 1) for parameter in parameters)
    # On AWS, the owner of the domain does this.
    for sender in [chosen["MailFrom"], *filter(None, chosen.get("TeamMailFrom", "").split(","))]:
        boto3.client("sesv2").create_email_identity(EmailIdentity=sender.removeprefix("*@"))
    s3 = boto3.client("s3")
    expanded = template.without_sums(template.expand(ROOT / "template.yaml", partial(upload, s3), chosen))
    outputs = deploy(s3, expanded, chosen)

    variables |= {shell_name(key): value for key, value in outputs.items()}
    # The API's own host name needs a resolver for *.localhost; this address does not.
    variables["API_URL"] = f"{variables['AWS_ENDPOINT_URL']}/_aws/execute-api/{variables['API_ID']}"
    variables["CONSOLE_URL"] = f"{variables['API_URL']}/console"
    variables |= account.demo(variables, env.read(env_file))
    env.write(env_file, variables)


def upload(s3, code_uri):
    """Uploads the function at `code_uri`, as cargo built it for this machine, and returns its address.

    The key is the hash of the program: a function that has not changed is neither uploaded again nor restarted.
    """
    name = Path(code_uri).parent.name
    program = (BUILT / name).read_bytes()
    key = f"{name}/{hashlib.sha256(program).hexdigest()[:32]}.zip"
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError:
        package = io.BytesIO()
        # Not compressed: compression would take longer than everything else.
        with zipfile.ZipFile(package, "w") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, program)
        put(s3, key, package.getvalue())
    return f"s3://{BUCKET}/{key}"


def put(s3, key, content):
    # Can be called repeatedly: in this region, S3 accepts the creation of a bucket that the caller already owns.
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def deploy(s3, expanded, parameters):
    parameters.setdefault("Architecture", "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64")
    # By address, because a template in the request itself is limited to 51,200 bytes.
    put(s3, "template.json", json.dumps(expanded).encode())
    cloudformation = boto3.client("cloudformation", config=Config(retries={"max_attempts": 1}))
    request = {
        "StackName": STACK,
        "TemplateURL": f"{s3.meta.endpoint_url}/{BUCKET}/template.json",
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM"],
    }
    try:
        cloudformation.get_waiter(submit(cloudformation, request)).wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except WaiterError:
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=STACK)
        for event in (event for page in pages for event in page["StackEvents"]):
            if event["ResourceStatus"].endswith("FAILED"):
                print(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}")
            # Newest first: events before the start of this operation belong to an earlier one.
            if event["LogicalResourceId"] == STACK and event["ResourceStatus"].endswith("TE_IN_PROGRESS"):
                break
        sys.exit("The stack could not be deployed.")
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def submit(cloudformation, request):
    """Creates or updates the stack, and returns the name of the waiter for it."""
    try:
        cloudformation.create_stack(**request)
        return "stack_create_complete"
    except cloudformation.exceptions.AlreadyExistsException:
        pass
    try:
        cloudformation.update_stack(**request)
        return "stack_update_complete"
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return "stack_exists"
        raise


def shell_name(output):
    """Converts `EventsQueueUrl` to `EVENTS_QUEUE_URL`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", output).upper()


if __name__ == "__main__":
    try:
        main()
    except ClientError as refused:
        sys.exit(f"  {refused}")
