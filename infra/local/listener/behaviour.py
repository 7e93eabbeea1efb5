"""How the receiver answers: with a success, or with a failure on request."""

import threading

USAGE = "fail [HOW MANY] [STATUS] [RETRY-AFTER], such as: fail, fail 3, fail 410, fail 2 503, fail 429 30"


class Mistake(Exception):
    """What was typed makes no sense; the message says what would."""


class Behaviour:
    """What the next requests get. Commands change it while requests come in."""

    def __init__(self):
        self.lock = threading.Lock()
        self.take()

    def take(self):
        with self.lock:
            # How many are left to fail; None for all.
            self.left, self.status, self.retry_after, self.delay = 0, 500, None, 0

    def fail(self, words):
        """Takes what comes after `fail`: how many (under 100), the status, the seconds of Retry-After."""
        numbers = [whole_number(word) for word in words]
        count = numbers.pop(0) if numbers and numbers[0] < 100 else None
        status = numbers.pop(0) if numbers else 500
        retry_after = numbers.pop(0) if numbers else None
        if numbers or count == 0 or not 300 <= status <= 599:
            raise Mistake(USAGE)
        with self.lock:
            self.left, self.status, self.retry_after = count, status, retry_after

    def slow(self, words):
        if len(words) != 1:
            raise Mistake("slow SECONDS, such as: slow 12")
        delay = whole_number(words[0])
        with self.lock:
            self.delay = delay

    def next(self):
        """Status, Retry-After or None, and seconds to wait, for the next request whose signature is right."""
        with self.lock:
            if self.left == 0:
                return 204, None, self.delay
            if self.left is not None:
                self.left -= 1
            return self.status, self.retry_after, self.delay

    def __str__(self):
        with self.lock:
            slow = f", {self.delay} s late" if self.delay else ""
            if self.left == 0:
                return f"Every request is taken{slow}."
            named = {None: "Every request is", 1: "The next request is"}
            which = named.get(self.left, f"The next {self.left} requests are")
            after = f", Retry-After {self.retry_after}" if self.retry_after is not None else ""
            return f"{which} answered with {self.status}{after}{slow}."


def whole_number(word):
    if not (word.isascii() and word.isdigit()):
        raise Mistake(f"{word!r} is no number: {USAGE}")
    return int(word)
