"""Looks things up in a template that was expanded as AWS would."""


def of_type(resources, name):
    return {key: value["Properties"] for key, value in resources.items() if value["Type"] == name}


def target(value):
    """The resource that `!Ref X`, `!GetAtt X.Arn` or `!GetAtt X.QueueName` names."""
    if isinstance(value, dict):
        named = value.get("Ref") or value.get("Fn::GetAtt")
        return named[0] if isinstance(named, list) else named.split(".")[0] if named else None
    return None


def function_of(resources, value):
    """The function that is named, or whose alias is."""
    named = target(value)
    alias = of_type(resources, "AWS::Lambda::Alias").get(named)
    return target(alias["FunctionName"]) if alias else named
