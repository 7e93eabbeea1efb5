"""Expands template.yaml for the local cloud as on AWS, with six differences, each with its reason."""

import re
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template uses no managed policies, which SAM would look up in an account."""

    def load(self):
        return {}


def expand(path, code, parameters=None):
    """Expands the template at `path` to plain CloudFormation, with the result of `code` as each function's `CodeUri`.

    The expansion itself uses some of the parameters, as on AWS.
    """
    template = yaml_parse(Path(path).read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = code(resource["Properties"]["CodeUri"])
    allow_time(template["Globals"]["Function"])
    template = transform(template, parameters or {}, NoManagedPolicies())
    add_routes(template["Resources"])
    allow_batches(template["Resources"])
    allow_mail(template["Resources"])
    write_numbers(template, parameters or {})
    return template


def allow_time(function):
    """Multiplies the timeout of the API's functions by four: they share the machine with the emulator and callers."""
    function["Timeout"] *= 4


def add_routes(resources):
    """Adds the API's routes as resources: MiniStack does not read them from the OpenAPI document in `Body`."""
    body = resources["Api"]["Properties"].pop("Body")
    # MiniStack stores these names unchanged, but expects those of the service's API.
    cors = body["x-amazon-apigateway-cors"]
    resources["Api"]["Properties"].update(
        {"Name": body["info"]["title"], "ProtocolType": "HTTP", "CorsConfiguration": cors}
    )
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            method = method.removeprefix("x-amazon-apigateway-").removesuffix("-method")
            integration = operation["x-amazon-apigateway-integration"]
            # The alias, if the function has one.
            function = re.search(r"/functions/\$\{(\w+)", integration["uri"]["Fn::Sub"])[1]
            resources[f"{function}Integration"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": "Api"},
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationUri": integration["uri"],
                    "PayloadFormatVersion": integration["payloadFormatVersion"],
                },
            }
            name = re.sub(r"\W", "", f"Route{method.title()}{path.title()}")
            resources[name] = route(method, path, function)


def route(method, path, function):
    return {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "RouteKey": "$default" if path.lstrip("/") == "$default" else f"{method.upper()} {path}",
            "Target": {"Fn::Sub": f"integrations/${{{function}Integration}}"},
        },
    }


def allow_batches(resources):
    """Adds actions that MiniStack requires and AWS does not have.

    On AWS, a batch of messages requires `SendMessage`, a batch of visibilities `ChangeMessageVisibility`, and a batch
    of PartiQL statements the permissions of each statement for its table. MiniStack checks permissions by the name of
    the call, for statements on `*`.
    """
    for resource in resources.values():
        # The role of CodeDeploy has no policies of its own.
        if resource["Type"] != "AWS::IAM::Role" or "Policies" not in resource["Properties"]:
            continue
        statements = resource["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        actions = {str(statement["Action"]) for statement in statements}
        for statement in statements:
            if statement["Action"] == "sqs:SendMessage":
                statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]
            if "sqs:ChangeMessageVisibility" in statement["Action"]:
                statement["Action"].append("sqs:ChangeMessageVisibilityBatch")
        if any("dynamodb:PartiQL" in action for action in actions):
            statements.append({"Effect": "Allow", "Action": "dynamodb:BatchExecuteStatement", "Resource": "*"})


def allow_mail(resources):
    """Allows mail from any identity: MiniStack requires `*`, AWS only the identity and the configuration set."""
    statements = resources["SendingPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    statements.append({"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"})


def write_numbers(template, parameters):
    """Replaces numbers of workers by their values: MiniStack compares the text of a parameter with a number."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            scaling = resource["Properties"]["ScalingConfig"]
            name = scaling["MaximumConcurrency"]["Ref"]
            scaling["MaximumConcurrency"] = int(parameters.get(name, template["Parameters"][name]["Default"]))


def without_sums(template):
    """The template without alarms on sums of metrics, which MiniStack does not support."""
    resources = template["Resources"]
    sums = [name for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in one["Properties"]]
    for name in sums:
        del resources[name]
    return template
