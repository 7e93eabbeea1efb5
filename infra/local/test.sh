#!/usr/bin/env bash
# Runs `cargo test` with the arguments given, against a local cloud of its own on a free port, that ends with the
# tests however they end.
set -euo pipefail

python=.local/venv/bin/python
cloud=.local/test-cloud
env_file=.local/test-env

finish() {
    status=$?
    if [ "$status" != 0 ] && [ -f "$env_file" ]; then
        echo "What the functions, then the local cloud, logged of trouble:"
        "$python" infra/local/logs.py "$env_file" || true
        "$python" infra/local/cloud.py log "$cloud" || true
    fi
    "$python" infra/local/cloud.py stop "$cloud"
    rm -f "$env_file"
    exit "$status"
}

# One may be left from a run that was killed.
"$python" infra/local/cloud.py stop "$cloud"
rm -f "$env_file"
trap finish EXIT
"$python" infra/local/cloud.py start "$cloud" 0
"$python" infra/local/deploy.py "$cloud" "$env_file" AllowPrivateTargets=true RetrySchedule=1,1,2,2
# shellcheck source=/dev/null
. "$env_file"
# Tests wait far more than they work: more at once than there are processors.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-8}"
cargo test "$@"
