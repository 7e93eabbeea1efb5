#!/bin/sh
# Fails with a one-line message if this machine lacks something that the local cloud needs.
missing() {
    echo "$1" >&2
    exit 1
}

command -v cargo >/dev/null || missing "Rust is missing: install rustup from https://rustup.rs"
command -v cc >/dev/null || missing "A C compiler is missing: install gcc or clang (Debian, Ubuntu: apt install gcc libc6-dev)"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    missing "Python 3.10 or newer is missing: install python3 (Debian, Ubuntu: apt install python3 python3-venv)"
python3 -c 'import ensurepip, venv' 2>/dev/null ||
    missing "Python cannot create virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv)"
command -v ps >/dev/null || missing "The program ps is missing: install it (Debian, Ubuntu: apt install procps)"
