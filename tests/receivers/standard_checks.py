"""Checks signatures with the Standard Webhooks library: reads one {"secret", "headers", "body"} per line, and
answers each with null, or with the reason why it is rejected."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    request = json.loads(line)
    refused = None
    try:
        Webhook(request["secret"]).verify(request["body"], request["headers"])
    except WebhookVerificationError as error:
        refused = str(error)
    print(json.dumps(refused), flush=True)
