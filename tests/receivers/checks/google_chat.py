"""Checks messages to Google Chat with the API's discovery document, which Google's own client contains."""

import json
from importlib import resources

import jsonschema

from checks import Refused

# Google Chat API: spaces.messages.create, and Card.
BYTES = 32_000
WIDGETS = 100


def json_schema():
    """The schemas of the discovery document as JSON Schema, without unknown properties."""
    document = resources.files("googleapiclient.discovery_cache.documents").joinpath("chat.v1.json").read_text()

    def written(schema):
        if isinstance(schema, list):
            return [written(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if isinstance(schema.get("$ref"), str):
            return {"$ref": f"#/$defs/{schema['$ref']}"}
        kept = {key: written(part) for key, part in schema.items() if key in {"type", "enum", "items"}}
        if isinstance(schema.get("properties"), dict):
            kept["properties"] = {name: written(part) for name, part in schema["properties"].items()}
            kept["additionalProperties"] = False
        return kept

    schemas = json.loads(document)["schemas"]
    return {"$ref": "#/$defs/Message", "$defs": {name: written(schema) for name, schema in schemas.items()}}


SCHEMA = jsonschema.Draft202012Validator(json_schema())


def check(body):
    for error in SCHEMA.iter_errors(body):
        raise Refused(f"{error.json_path}: {error.message}")
    if len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) > BYTES:
        raise Refused(f"more than {BYTES} bytes")
    for card in body["cardsV2"]:
        if not card["card"]["header"]["title"]:
            raise Refused("a header without a title")
        sections = card["card"]["sections"]
        if not all(section["widgets"] for section in sections):
            raise Refused("a section without widgets")
        widgets = [widget for section in sections for widget in section["widgets"]]
        if len(widgets) > WIDGETS:
            raise Refused(f"more than {WIDGETS} widgets")
        for widget in widgets:
            if len(widget) != 1:
                raise Refused("a widget that is not of exactly one kind")
            if any(part.get("text") == "" for part in widget.values()):
                raise Refused("an empty text")
