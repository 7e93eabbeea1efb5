"""How the receiver answers: with success, or with a failure on request."""

import threading

USAGE = "fail [HOW MANY] [STATUS] [RETRY-AFTER], such as: fail, fail 3, fail 410, fail 2 503, fail 429 30"


class Mistake(Exception):
    """An invalid command; the message shows a valid one."""


class Behaviour:
    """The answers for the next requests. Commands change it while requests arrive."""

    def __init__(self):
        self.lock = threading.Lock()
        self.accept()

    def accept(self):
        with self.lock:
            # How many more requests to fail; None for all.
            self.left, self.status, self.retry_after, self.delay = 0, 500, None, 0

    def fail(self, words):
        """Applies the arguments of `fail`: how many (less than 100), the status, and the seconds of Retry-After."""
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
        """The status, Retry-After or None, and the delay in seconds for the next request with a valid signature."""
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
                return f"Every request is accepted{slow}."
            named = {None: "Every request is", 1: "The next request is"}
            which = named.get(self.left, f"The next {self.left} requests are")
            after = f", Retry-After {self.retry_after}" if self.retry_after is not None else ""
            return f"{which} answered with {self.status}{after}{slow}."


def whole_number(word):
    if not (word.isascii() and word.isdigit()):
        raise Mistake(f"{word!r} is not a number: {USAGE}")
    return int(word)
