"""MiniStack with three fixes.

MiniStack removes the trailing slash of a path with a single segment; AWS keeps it. Without the slash, `/console/` would
be the same as `/console`, which redirects to it.

MiniStack starts a new trace for every invocation of a function with active tracing. AWS continues the trace in a
request's header, and follows its sampling decision. Without a decision, nothing is sampled here, as mostly on AWS.

MiniStack drops the system attributes of messages in a batch, which SQS uses for traces. It keeps those of single
messages.
"""

import secrets
import sys
import threading
import time

# The folder of this file contains modules with the same names as others.
sys.path.pop(0)

from ministack import app  # noqa: E402
from ministack.services import lambda_svc, sqs  # noqa: E402

parse = app._parse_execute_api_url


def parse_whole(host, path):
    """Parses a URL as MiniStack does: the API, a possible stage, and the rest of the path."""
    parsed = parse(host, path)
    if parsed:
        api, first, rest = parsed
        if rest == "/" and path.endswith(f"/{first}/"):
            # Not the name of a stage, so it is the first part of the path.
            return api, f"{first}/", rest
    return parsed


app._parse_execute_api_url = parse_whole

execute = lambda_svc._execute_function_provided_warm
invocation = threading.local()


def execute_in_trace(function, event, request_id):
    """Invokes a function as MiniStack does, and stores the trace header of the request."""
    headers = event.get("headers") if isinstance(event, dict) else None
    invocation.header = headers.get("x-amzn-trace-id") if isinstance(headers, dict) else None
    return execute(function, event, request_id)


def trace_of_invocation(config, inbound=None):
    """The trace header that Lambda passes to a function; None unless the function is traced."""
    if config.get("TracingConfig", {}).get("Mode") != "Active":
        return None
    header = inbound or getattr(invocation, "header", None)
    return header or f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


send_message = sqs._act_send_message
send_batch = sqs._HANDLERS["SendMessageBatch"]
batch = threading.local()


def send_batch_whole(request, queue_url):
    """MiniStack's SendMessageBatch, which calls `send_of_batch` for each entry in order."""
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
