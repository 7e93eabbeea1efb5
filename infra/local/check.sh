#!/bin/sh
# Says in one line what this machine lacks for the local cloud, and fails then.
lacks() {
    echo "$1" >&2
    exit 1
}

command -v cargo >/dev/null || lacks "Rust is missing: install rustup from https://rustup.rs"
command -v cc >/dev/null || lacks "A C compiler is missing: install gcc or clang (Debian, Ubuntu: apt install gcc libc6-dev)"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    lacks "Python 3.10 or newer is missing: install python3 (Debian, Ubuntu: apt install python3 python3-venv)"
python3 -c 'import ensurepip, venv' 2>/dev/null ||
    lacks "Python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv)"
command -v ps >/dev/null || lacks "The program ps is missing: install it (Debian, Ubuntu: apt install procps)"
