"""Look-ups in a template that was expanded as on AWS."""


def of_type(resources, name):
    return {key: value["Properties"] for key, value in resources.items() if value["Type"] == name}


def target(value):
    """The resource that `!Ref X`, `!GetAtt X.Arn` or `!GetAtt X.QueueName` references."""
    if isinstance(value, dict):
        named = value.get("Ref") or value.get("Fn::GetAtt")
        return named[0] if isinstance(named, list) else named.split(".")[0] if named else None
    return None


def function_of(resources, value):
    """The referenced function, or the function of the referenced alias."""
    named = target(value)
    alias = of_type(resources, "AWS::Lambda::Alias").get(named)
    return target(alias["FunctionName"]) if alias else named
