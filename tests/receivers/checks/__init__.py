"""The checks of messages, one file for each chat platform."""


class Refused(Exception):
    """Raised by a check for a message that the platform would refuse."""
