"""MiniStack, with three things mended.

Of a path with a single segment it loses the slash at the end, which AWS keeps. Without it, `/console/` cannot be told from
`/console`, which redirects there.

Of a function with active tracing it begins a trace of its own for every invocation. AWS goes on with the trace that a
request's header names, and does what that says about sampling. What says nothing is not sampled here, as most is on AWS.

Of a batch of messages it loses the system attributes, by which SQS carries traces. Of a single message it keeps them.
"""

import secrets
import sys
import threading
import time

# Where this file is, are modules of ours that have the names of others.
sys.path.pop(0)

from ministack import app  # noqa: E402
from ministack.services import lambda_svc, sqs  # noqa: E402

parse = app._parse_execute_api_url


def parse_whole(host, path):
    """MiniStack's reading of a URL: the API, what may be a stage, and the path after that."""
    parsed = parse(host, path)
    if parsed:
        api, first, rest = parsed
        if rest == "/" and path.endswith(f"/{first}/"):
            # Not a stage's name, hence the beginning of the path: it is put together again from these two.
            return api, f"{first}/", rest
    return parsed


app._parse_execute_api_url = parse_whole

execute = lambda_svc._execute_function_provided_warm
invocation = threading.local()


def execute_in_trace(function, event, request_id):
    """MiniStack's invocation of a function, with the header of the request at hand."""
    headers = event.get("headers") if isinstance(event, dict) else None
    invocation.header = headers.get("x-amzn-trace-id") if isinstance(headers, dict) else None
    return execute(function, event, request_id)


def trace_of_invocation(config, inbound=None):
    """What Lambda tells a function about its trace: nothing, unless the function traces."""
    if config.get("TracingConfig", {}).get("Mode") != "Active":
        return None
    header = inbound or getattr(invocation, "header", None)
    return header or f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


send_message = sqs._act_send_message
send_batch = sqs._HANDLERS["SendMessageBatch"]
batch = threading.local()


def send_batch_whole(request, queue_url):
    """MiniStack's SendMessageBatch, which sends each entry by `send_of_batch`, in their order."""
    batch.entries = iter(request.get("Entries", []))
    try:
        return send_batch(request, queue_url)
    finally:
        batch.entries = iter(())


def send_of_batch(request, queue_url):
    """MiniStack's SendMessage, with the system attributes of the entry if it is one of a batch."""
    entry = next(getattr(batch, "entries", iter(())), request)
    return send_message(request | {"MessageSystemAttributes": entry.get("MessageSystemAttributes")}, queue_url)


sqs._HANDLERS["SendMessageBatch"] = send_batch_whole
sqs._act_send_message = send_of_batch
lambda_svc._execute_function_provided_warm = execute_in_trace
lambda_svc._xray_trace_id_for_invocation = trace_of_invocation

if __name__ == "__main__":
    app.main()
