"""Checks that the modules of shared/domain form no circle, so that each can be read and changed without those that use it.
Part of `make lint`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "shared/domain/src"
# Tests may use the fixtures of any module.
TESTS = re.compile(r"#\[cfg\(test\)\]\s*(pub\(crate\) )?mod tests\s*[{;].*", re.DOTALL)


def main():
    found = circle(graph(ROOT))
    if found:
        print(f"modules of {ROOT.name} form a circle: {' -> '.join(found)}; move a type to where both can use it")
    sys.exit(bool(found))


def graph(root):
    """Returns, for each module directly below the crate's root, the modules that it uses."""
    lib = code(root / "lib.rs")
    modules = set(re.findall(r"^(?:pub )?mod (\w+);", lib, re.MULTILINE))
    # Items that the root exports under its own name, by their module.
    exported = {}
    for module, *names in paths(lib, r"^pub use "):
        exported[names[-1]] = module
    uses = {module: set() for module in modules}
    for file in sorted(root.rglob("*.rs")):
        module = file.relative_to(root).parts[0].removesuffix(".rs")
        if module not in modules or file.name == "tests.rs":
            continue
        for first, *_ in paths(code(file), r"\bcrate::"):
            target = first if first in modules else exported.get(first)
            if target is None:
                sys.exit(f"{file}: crate::{first} is in no module")
            uses[module].add(target)
        uses[module].discard(module)
    return uses


def code(file):
    """A file without its comments and tests."""
    return TESTS.sub("", re.sub(r"//.*", "", file.read_text()))


def paths(text, begin):
    """Yields each path that follows `begin`, as a list of names."""
    for found in re.finditer(begin, text, re.MULTILINE):
        yield from expand(text[found.end() :])


def expand(text):
    """Yields the paths of a `use` tree: `a::{b, c::d}` is two."""
    head = re.match(r"[\w:]*", text)[0]
    names = [name for name in head.split("::") if name]
    if text[len(head) :].startswith("{"):
        for item in items(text[len(head) + 1 :]):
            for path in expand(item):
                yield names + path
    else:
        yield names


def items(text):
    """Returns the items between commas, up to the closing brace."""
    depth, item, found = 0, "", []
    for char in text:
        if depth == 0 and char in ",}":
            found.append(item.strip())
            item = ""
            if char == "}":
                break
        else:
            depth += (char == "{") - (char == "}")
            item += char
    return [item for item in found if item]


def circle(uses):
    """Returns a circle of modules, if there is one: the first is named again at the end."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return None
        path.append(module)
        for target in sorted(uses[module]):
            if found := visit(target):
                return found
        path.pop()
        done.add(module)
        return None

    for module in sorted(uses):
        if found := visit(module):
            return found
    return None


if __name__ == "__main__":
    main()
