"""The output: a few lines for each request, in colour on a terminal."""

import json
import os
import sys
import threading
from datetime import datetime

BODY = 400
COLOURS = {"good": "32", "bad": "31", "doubt": "33", "faint": "2", "strong": "1"}
MARKS = {True: ("✓", "good"), False: ("✗", "bad"), None: ("?", "doubt")}

coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
lock = threading.Lock()


def paint(colour, text):
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if coloured else str(text)


def show(*lines):
    """Prints lines without other output between them."""
    with lock:
        print(*lines, sep="\n", flush=True)


def say(text, colour="faint"):
    show(paint(colour, text))


def now():
    return datetime.now().strftime("%H:%M:%S")


def arrived(request, status, why):
    """Shows a request, its verdicts, and the answer."""
    head = [now(), paint("strong", request.event_type), request.scheme, f"attempt {request.attempt}"]
    answer = paint("good" if status < 300 else "bad", status) + (f", {why}" if why else "")
    lines = [f"{'  '.join(head)}  → {answer}", f"    {paint('faint', request.id or 'without an id')}"]
    marks = [mark(verdict) for verdict in request.verdicts]
    if marks:
        lines.append(f"    {'  '.join(marks)}")
    show(*lines, f"    {paint('faint', short(request.body))}")


def mark(verdict):
    sign, colour = MARKS[verdict.good]
    return f"{paint(colour, sign)} {verdict.header}{f' ({verdict.why})' if verdict.why else ''}"


def short(body):
    """A body in one line, shortened if it is long."""
    text = body.decode(errors="replace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        pass
    # Control characters in requests must not reach the terminal.
    text = "".join(letter if letter.isprintable() else "�" for letter in text)
    return text if len(text) <= BODY else f"{text[:BODY]} … ({len(body)} bytes)"


def followed(delivery):
    """Shows the recorded result of an attempt, and when the next one is due."""
    number, state = delivery["attempt_count"], delivery["state"]
    line = f"    {now()}  {delivery['id'][-6:]}: attempt {number} {state}"
    if delivery["next_attempt_at"]:
        due = datetime.fromisoformat(delivery["next_attempt_at"].replace("Z", "+00:00")).astimezone()
        wait = max(0, round((due - datetime.now().astimezone()).total_seconds()))
        line += f", attempt {number + 1} is due at {due:%H:%M:%S}, in {wait} s"
    if delivery["reason"]:
        line += f" ({delivery['reason']})"
    say(line, "good" if state == "succeeded" else "doubt")
