"""The parts of listen.py."""
