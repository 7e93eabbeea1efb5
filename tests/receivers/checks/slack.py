"""Checks messages to Slack with the models of Slack's own SDK."""

import json

from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from checks import Refused

# Limits that the SDK does not check, from docs.slack.dev, Block Kit: the text of a section's field, and the blocks of a
# message. The size of all blocks is what Slack was seen to refuse (slackapi/bolt-js, issue 2509).
FIELD = 2000
BLOCKS = 50
ALL_BLOCKS = 12_000


def same(read, given, what):
    if read != given:
        raise Refused(f"{what}: read as {json.dumps(read)}")


def check_blocks(blocks):
    for block in blocks:
        parsed = Block.parse(block)
        same(parsed.to_dict() if parsed else None, block, "a block")
        texts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        if not any(texts):
            raise Refused("a block without text")
        for text in filter(None, texts):
            if not text["text"]:
                raise Refused("an empty text")
        if any(len(field["text"]) > FIELD for field in block.get("fields", [])):
            raise Refused(f"a field of more than {FIELD} characters")


def check(body):
    known = {"text", "mrkdwn", "parse", "unfurl_links", "unfurl_media", "blocks", "attachments"}
    if body.keys() - known:
        raise Refused(f"unknown: {body.keys() - known}")
    if not body["text"]:
        raise Refused("no text for notifications")
    all_blocks = list(body["blocks"])
    check_blocks(body["blocks"])
    for attachment in body["attachments"]:
        check_blocks(attachment["blocks"])
        parsed = BlockAttachment(
            blocks=[Block.parse(block) for block in attachment["blocks"]],
            color=attachment["color"],
            fallback=attachment["fallback"],
        )
        same(parsed.to_dict(), attachment, "an attachment")
        all_blocks += attachment["blocks"]
    if len(all_blocks) > BLOCKS:
        raise Refused(f"more than {BLOCKS} blocks")
    if len(json.dumps(all_blocks, ensure_ascii=False)) > ALL_BLOCKS:
        raise Refused(f"more than {ALL_BLOCKS} characters of blocks")
