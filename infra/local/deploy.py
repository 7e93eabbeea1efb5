"""Deploys template.yaml to the local cloud by CloudFormation, and writes what a shell needs to use it.

    deploy.py DIR ENV_FILE [Parameter=Value …]

DIR is that of cloud.py. Doing it again updates in place what has changed. `MailFrom` is one of the parameters.
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
        sys.exit("The local cloud does not run: make up")
    variables = {
        "AWS_ENDPOINT_URL": f"http://localhost:{running['port']}",
        "AWS_ACCESS_KEY_ID": cloud.ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": cloud.ROOT_KEY,
        "AWS_REGION": cloud.REGION,
        # The AWS CLI knows only this name for it.
        "AWS_DEFAULT_REGION": cloud.REGION,
    }
    # Both the SDK below and the SAM translator take them from here.
    env.use(variables)

    print("Deploying template.yaml …", flush=True)
    chosen = dict(parameter.split("=", 1) for parameter in parameters)
    # On AWS the owner of the domain does this.
    for sender in [chosen["MailFrom"], *filter(None, chosen.get("TeamMailFrom", "").split(","))]:
        boto3.client("sesv2").create_email_identity(EmailIdentity=sender.removeprefix("*@"))
    s3 = boto3.client("s3")
    expanded = template.without_sums(template.expand(ROOT / "template.yaml", partial(upload, s3), chosen))
    outputs = deploy(s3, expanded, chosen)

    variables |= {shell_name(key): value for key, value in outputs.items()}
    # The API's own host name needs a resolver that knows *.localhost; this address needs none.
    variables["API_URL"] = f"{variables['AWS_ENDPOINT_URL']}/_aws/execute-api/{variables['API_ID']}"
    variables["CONSOLE_URL"] = f"{variables['API_URL']}/console"
    variables |= account.demo(variables, env.read(env_file))
    env.write(env_file, variables)


def upload(s3, code_uri):
    """Stores the function that `code_uri` names, as cargo built it for this machine, and says where.

    It is stored under its own hash: a function that has not changed is neither sent again nor started anew.
    """
    name = Path(code_uri).parent.name
    program = (BUILT / name).read_bytes()
    key = f"{name}/{hashlib.sha256(program).hexdigest()[:32]}.zip"
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError:
        package = io.BytesIO()
        # Not compressed: that would take far longer than anything done with it here.
        with zipfile.ZipFile(package, "w") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, program)
        put(s3, key, package.getvalue())
    return f"s3://{BUCKET}/{key}"


def put(s3, key, content):
    # As often as asked: in this region S3 takes the second creation of one's own bucket as done.
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def deploy(s3, expanded, parameters):
    parameters.setdefault("Architecture", "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64")
    # By address, since a template in the request itself may have 51,200 bytes at most.
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
            # Newest first: what comes after the start of this operation was another's.
            if event["LogicalResourceId"] == STACK and event["ResourceStatus"].endswith("TE_IN_PROGRESS"):
                break
        sys.exit("The stack could not be deployed.")
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def submit(cloudformation, request):
    """Asks for the stack, new or changed, and names the waiter for it."""
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
    """`EventsQueueUrl` as `EVENTS_QUEUE_URL`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", output).upper()


if __name__ == "__main__":
    try:
        main()
    except ClientError as refused:
        sys.exit(f"  {refused}")
