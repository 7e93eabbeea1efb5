"""Checks how new versions of the functions are published, and how traffic moves to them."""

import json
import re

from expanded import function_of, of_type, target

# The resources that SAM creates for the events of a function.
CALLS = ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping")
# Lambda's limit for the description of a version.
MAX_DESCRIPTION = 256
# CodeDeploy's limit for the alarms of a deployment group.
MAX_ALARMS = 10


def versions(resources, parameters):
    """Functions that would keep old values of parameters, or whose update would fail: see `Globals` in the template."""
    functions = of_type(resources, "AWS::Lambda::Function")
    for version in of_type(resources, "AWS::Lambda::Version").values():
        name = target(version["FunctionName"])
        description = version.get("Description", {}).get("Fn::Sub", "")
        # Code for another architecture is different code, and is published as a new version anyway.
        read = parameters_in(functions[name], parameters) - {"Architecture"}
        named = parameters_in(description, parameters)
        yield from (f"{name}: reads {one}; name it in VersionDescription" for one in sorted(read - named))
        yield from (f"{name}: does not read {one}; remove it from VersionDescription" for one in sorted(named - read))
        spaces = len(re.sub(r"\$\{\w+\}", "", description))
        length = spaces + sum(longest(parameters[one]) for one in named)
        if length > MAX_DESCRIPTION:
            problem = f"may have {length} characters, but Lambda allows {MAX_DESCRIPTION}; shorten a parameter's MaxLength"
            yield f"{name}: VersionDescription {problem}"


def parameters_in(value, parameters):
    """The parameters that `value` uses anywhere."""
    if isinstance(value, dict):
        found = {value["Ref"]} if value.get("Ref") in parameters else set()
        return found.union(*(parameters_in(part, parameters) for part in value.values()))
    if isinstance(value, list):
        return set().union(*(parameters_in(part, parameters) for part in value))
    # In the text of a `Fn::Sub`.
    return set(re.findall(r"\$\{(\w+)\}", value)) & parameters.keys() if isinstance(value, str) else set()


def longest(parameter):
    """The maximum length of a parameter's value. Numbers are assumed to have at most six digits."""
    if "AllowedValues" in parameter:
        return max(len(str(value)) for value in parameter["AllowedValues"])
    return int(parameter.get("MaxLength", 6 if parameter["Type"] == "Number" else MAX_DESCRIPTION))


def deployments(resources, gradual):
    """Resources of CodeDeploy that exist by default; functions whose events bypass their alias, or without alarms.

    `gradual` are the resources with a `DeploymentType` of CodeDeploy.
    """
    for name, resource in resources.items():
        if "CodeDeploy" in name + resource["Type"]:
            yield f"{name}: exists although DeploymentType is AllAtOnce"
    aliases = {name: one for name, one in gradual.items() if one["Type"] == "AWS::Lambda::Alias"}
    groups = of_type(gradual, "AWS::CodeDeploy::DeploymentGroup")
    existing = set(alarm_names(gradual))
    moved = set()
    for name, call in gradual.items():
        if call["Type"] not in CALLS:
            continue
        called = target(call["Properties"]["FunctionName"])
        if called not in aliases:
            yield f"{name}: calls {called} without its alias; set AutoPublishAlias: live"
            continue
        moved.add(called)
    for alias in sorted(moved):
        function = function_of(gradual, {"Ref": alias})
        policy = aliases[alias].get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        group = groups.get(target(policy.get("DeploymentGroupName")), {})
        alarms = [json.dumps(one["Name"]) for one in group.get("AlarmConfiguration", {}).get("Alarms", [])]
        if not 1 <= len(alarms) <= MAX_ALARMS:
            yield f"{function}: its deployment has {len(alarms)} alarms; add 1 to {MAX_ALARMS}"
        yield from (f"{function}: its deployment has the alarm {alarm}, which is missing" for alarm in alarms if alarm not in existing)


def alarm_names(resources):
    """The names of all alarms, in all forms in which a template can reference them."""
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        yield json.dumps({"Ref": name})
        if "AlarmName" in alarm:
            yield json.dumps(alarm["AlarmName"])
