"""MiniStack, with one thing mended: of a path with a single segment it loses the slash at the end, which AWS keeps.

Without it, `/console/` cannot be told from `/console`, which redirects there.
"""

import sys

# Where this file is, are modules of ours that have the names of others.
sys.path.pop(0)

from ministack import app  # noqa: E402

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

if __name__ == "__main__":
    app.main()
