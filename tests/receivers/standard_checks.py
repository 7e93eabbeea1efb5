"""Checks signatures by the library of Standard Webhooks: reads {"secret", "headers", "body"}, one a line, and answers each
with null, or with why it is refused."""

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
