#!/usr/bin/env python3
"""Records traces of the local cloud, and draws them.

    trace.py record FILE [PORT]         act as X-Ray's daemon, on port 2000 by default, until Ctrl-C
    trace.py header                     print a header that requests a trace
    trace.py list FILE                  print the traces of a recording
    trace.py draw FILE [ID]             print a trace as text: the newest, or the one with this trace id or event id
    trace.py svg FILE [ID]              print the same as an image

FILE contains one span per line, as X-Ray's segment documents. The program needs only Python's standard library.
"""

import json
import secrets
import socket
import sys
import time
from collections import defaultdict
from html import escape

WIDTH = 48
COLOURS = {"server": "#6f42c1", "producer": "#9a6700", "consumer": "#0969da", "client": "#1a7f37", "failed": "#cf222e"}


def main():
    command, *rest = sys.argv[1:] or [""]
    if command == "record" and rest:
        record(rest[0], int(rest[1]) if len(rest) > 1 else 2000)
    elif command == "header":
        print(f"X-Amzn-Trace-Id: Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=1")
    elif command == "list" and rest:
        for trace, spans in read(rest[0]).items():
            begun = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(start(spans)))
            print(f"{trace}  {begun}  {len(spans):3} spans  {root(spans)['name']}")
    elif command in ("draw", "svg") and rest:
        spans = choose(read(rest[0]), rest[1] if len(rest) > 1 else None)
        print(drawn(spans) if command == "draw" else image(spans))
    else:
        sys.exit(__doc__.strip())


def record(path, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon, open(path, "a", encoding="utf-8") as file:
        daemon.bind(("127.0.0.1", port))
        print(f"Recording spans from 127.0.0.1:{port} to {path}. Stop with Ctrl-C.", flush=True)
        try:
            while True:
                header, _, document = daemon.recv(65536).decode().partition("\n")
                if json.loads(header).get("format") == "json":
                    file.write(json.dumps(json.loads(document)) + "\n")
                    file.flush()
        except KeyboardInterrupt:
            print()


def read(path):
    """The spans of each trace, the oldest trace first."""
    traces = defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for line in file:
            span = json.loads(line)
            traces[span["trace_id"]].append(span)
    return dict(sorted(traces.items(), key=lambda one: start(one[1])))


def choose(traces, wanted):
    found = [spans for trace, spans in traces.items() if wanted in (None, trace) or names(spans, wanted)]
    if not found:
        sys.exit(f"The recording has no trace of {wanted}." if wanted else "The recording is empty.")
    return found[-1]


def names(spans, wanted):
    return any(wanted in span.get("annotations", {}).values() for span in spans)


def start(spans):
    return min(span["start_time"] for span in spans)


def root(spans):
    return in_order(spans)[0][1]


def in_order(spans):
    """Each span with its depth, below its parent, in the order of their starts."""
    ids = {span["id"] for span in spans}
    children = defaultdict(list)
    for span in sorted(spans, key=lambda span: span["start_time"]):
        parent = span.get("parent_id")
        # The parent of the first span may be Lambda's own, which is not recorded.
        children[parent if parent in ids else None].append(span)
    ordered = []

    def visit(parent, depth):
        for span in children[parent]:
            ordered.append((depth, span))
            visit(span["id"], depth + 1)

    visit(None, 0)
    return ordered


def kind(span):
    otel = span["metadata"]["otel"]
    operation = otel.get("messaging.operation.type")
    if operation:
        return "producer" if operation == "send" else "consumer"
    return "client" if "server.address" in otel else "server"


def failed(span):
    return bool(span.get("fault") or span.get("error"))


def note(span):
    otel = span["metadata"]["otel"]
    parts = [otel.get("service.name"), otel.get("server.address")] if kind(span) == "client" else [otel.get("service.name")]
    return " ".join(str(one) for one in [*parts, otel.get("http.response.status_code") or otel.get("error.type")] if one)


def milliseconds(span):
    return (span["end_time"] - span["start_time"]) * 1000


def drawn(spans):
    begin, end = start(spans), max(span["end_time"] for span in spans)
    scale = WIDTH / max(end - begin, 0.001)
    ordered = in_order(spans)
    labels = ["  " * depth + span["name"] for depth, span in ordered]
    width = max(map(len, labels))
    lines = [f"{spans[0]['trace_id']}, {(end - begin) * 1000:.0f} ms, {len(spans)} spans", ""]
    for label, (_, span) in zip(labels, ordered):
        left = min(int((span["start_time"] - begin) * scale), WIDTH - 1)
        length = max(1, round((span["end_time"] - span["start_time"]) * scale))
        bar = " " * left + ("x" if failed(span) else "=") * min(length, WIDTH - left)
        at = (span["start_time"] - begin) * 1000
        lines.append(f"{label:{width}}  |{bar:{WIDTH}}| {at:6.0f} + {milliseconds(span):5.0f} ms  {note(span)}")
    return "\n".join(lines)


def image(spans):
    begin, end = start(spans), max(span["end_time"] for span in spans)
    names_width, bars_width, row, top = 250, 560, 24, 56
    width, height = names_width + bars_width + 210, top + row * len(spans) + 12
    scale = bars_width / max(end - begin, 0.001)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="13" font-weight="600" fill="#1f2328">{spans[0]["trace_id"]}: '
        f"{len(spans)} spans, {(end - begin) * 1000:.0f} ms</text>",
    ]
    for tick in range(5):
        x = names_width + bars_width * tick / 4
        parts.append(f'<line x1="{x:.1f}" y1="{top - 8}" x2="{x:.1f}" y2="{height - 10}" stroke="#d1d9e0"/>')
        label = f"{(end - begin) * 1000 * tick / 4:.0f} ms"
        parts.append(f'<text x="{x:.1f}" y="{top - 13}" text-anchor="middle" fill="#59636e">{label}</text>')
    for place, (depth, span) in enumerate(in_order(spans)):
        y = top + row * place
        x = names_width + (span["start_time"] - begin) * scale
        length = max(3, (span["end_time"] - span["start_time"]) * scale)
        colour = COLOURS["failed" if failed(span) else kind(span)]
        label = escape(f"{milliseconds(span):.0f} ms  {note(span)}")
        # Beside the bar, on the side with enough space.
        side = f'x="{x + length + 6:.1f}"' if x < names_width + bars_width * 0.8 else f'x="{x - 6:.1f}" text-anchor="end"'
        parts += [
            f'<text x="{12 + 12 * depth}" y="{y + 15}" fill="#1f2328">{escape(span["name"])}</text>',
            f'<rect x="{x:.1f}" y="{y + 4}" width="{length:.1f}" height="14" rx="2" fill="{colour}"/>',
            f'<text {side} y="{y + 15}" fill="#59636e">{label}</text>',
        ]
    return "\n".join([*parts, "</svg>"])


if __name__ == "__main__":
    main()
