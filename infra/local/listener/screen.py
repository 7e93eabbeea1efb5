"""What is printed: one request in a few lines, in colour where people look."""

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
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if coloured else text


def show(*lines):
    """Prints lines that belong together, whatever else is being printed."""
    with lock:
        print(*lines, sep="\n", flush=True)


def say(text, colour="faint"):
    show(paint(colour, text))


def now():
    return datetime.now().strftime("%H:%M:%S")


def arrived(request, answer):
    """A request, its verdicts, and what it was answered."""
    status, why = answer
    colour = "good" if status < 300 else "bad"
    head = [now(), paint("strong", request.event_type), request.scheme, request.id or "no id", request.attempt]
    lines = [f"{'  '.join(head)}  → {paint(colour, status)}{f' ({why})' if why else ''}"]
    for verdict in request.verdicts:
        mark, mark_colour = MARKS[verdict.good]
        lines.append(f"    {paint(mark_colour, mark)} {verdict.header}{f': {verdict.why}' if verdict.why else ''}")
    lines.append(f"    {paint('faint', short(request.body))}")
    show(*lines)


def short(body):
    """A body in one line, not all of it if it is long."""
    text = body.decode(errors="replace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        pass
    # What comes from outside may not move the cursor.
    text = "".join(letter if letter.isprintable() else "�" for letter in text)
    return text if len(text) <= BODY else f"{text[:BODY]} … ({len(body)} bytes)"


def followed(identity, delivery):
    """What the system wrote down of an attempt, and when the next one is due."""
    number, state = delivery["attempt_count"], delivery["state"]
    line = f"    {now()}  {identity[-6:]}: attempt {number} of it is written down: {state}"
    if delivery["next_attempt_at"]:
        due = datetime.fromisoformat(delivery["next_attempt_at"].replace("Z", "+00:00")).astimezone()
        wait = max(0, round((due - datetime.now().astimezone()).total_seconds()))
        line += f"; the next is due at {due:%H:%M:%S}, in {wait} s"
    if delivery["reason"]:
        line += f" ({delivery['reason']})"
    say(line, "good" if state == "succeeded" else "doubt")
