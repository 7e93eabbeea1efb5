"""Checks messages to Slack and Google Chat by code that is not ours: reads {"kind", "body"}, one a line, and answers
each with {"ok", "errors"}. For Slack, the models of its own SDK; for Google Chat, the API's discovery document, which
comes with Google's own client."""

import json
import logging
import sys
import warnings
from importlib import resources

import jsonschema
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

# docs.slack.dev, Block Kit: what the SDK does not check. Fields of a section; blocks of a message; and a text that has
# none. What all blocks may hold is what Slack was seen to refuse (slackapi/bolt-js, issue 2509).
SLACK_FIELD = 2000
SLACK_BLOCKS = 50
SLACK_ALL_BLOCKS = 12_000
# Google Chat API: spaces.messages.create, and Card.
GOOGLE_BYTES = 32_000
GOOGLE_WIDGETS = 100


class Refused(Exception):
    pass


class Warned(logging.Handler):
    """What the SDK only warns of is an error here."""

    def emit(self, record):
        raise Refused(record.getMessage())


def same(read, given, what):
    if read != given:
        raise Refused(f"{what}: read as {json.dumps(read)}")


def blocks_of_slack(blocks):
    for block in blocks:
        parsed = Block.parse(block)
        same(parsed.to_dict() if parsed else None, block, "a block")
        texts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        if not any(texts):
            raise Refused("a block without text")
        for text in filter(None, texts):
            if not text["text"]:
                raise Refused("an empty text")
        if any(len(field["text"]) > SLACK_FIELD for field in block.get("fields", [])):
            raise Refused(f"a field of more than {SLACK_FIELD} characters")


def slack(body):
    known = {"text", "mrkdwn", "parse", "unfurl_links", "unfurl_media", "blocks", "attachments"}
    if body.keys() - known:
        raise Refused(f"unknown: {body.keys() - known}")
    if not body["text"]:
        raise Refused("no text for notifications")
    all_blocks = list(body["blocks"])
    blocks_of_slack(body["blocks"])
    for attachment in body["attachments"]:
        blocks_of_slack(attachment["blocks"])
        parsed = BlockAttachment(
            blocks=[Block.parse(block) for block in attachment["blocks"]],
            color=attachment["color"],
            fallback=attachment["fallback"],
        )
        same(parsed.to_dict(), attachment, "an attachment")
        all_blocks += attachment["blocks"]
    if len(all_blocks) > SLACK_BLOCKS:
        raise Refused(f"more than {SLACK_BLOCKS} blocks")
    if len(json.dumps(all_blocks, ensure_ascii=False)) > SLACK_ALL_BLOCKS:
        raise Refused(f"more than {SLACK_ALL_BLOCKS} characters of blocks")


def json_schema_of_google():
    """The discovery document's schemas, which are JSON Schema but for where they stand, and take no unknown names."""
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


GOOGLE = jsonschema.Draft202012Validator(json_schema_of_google())


def google_chat(body):
    for error in GOOGLE.iter_errors(body):
        raise Refused(f"{error.json_path}: {error.message}")
    if len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) > GOOGLE_BYTES:
        raise Refused(f"more than {GOOGLE_BYTES} bytes")
    for card in body["cardsV2"]:
        if not card["card"]["header"]["title"]:
            raise Refused("a header without a title")
        sections = card["card"]["sections"]
        if not all(section["widgets"] for section in sections):
            raise Refused("a section without widgets")
        widgets = [widget for section in sections for widget in section["widgets"]]
        if len(widgets) > GOOGLE_WIDGETS:
            raise Refused(f"more than {GOOGLE_WIDGETS} widgets")
        for widget in widgets:
            if len(widget) != 1:
                raise Refused("a widget of several kinds, or of none")
            if any(part.get("text") == "" for part in widget.values()):
                raise Refused("an empty text")


CHECKS = {"slack": slack, "google_chat": google_chat}


def errors_of(kind, body):
    try:
        CHECKS[kind](body)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return []


logging.getLogger().addHandler(Warned())
warnings.simplefilter("error")
for line in sys.stdin:
    request = json.loads(line)
    errors = errors_of(request["kind"], request["body"])
    print(json.dumps({"ok": not errors, "errors": errors}), flush=True)
