#!/usr/bin/env bash
# Runs `cargo test` with the arguments given, against a local cloud of its own on a free port, that ends with the
# tests however they end.
set -euo pipefail

python=.local/venv/bin/python
cloud=.local/test-cloud
env_file=.local/test-env
relay_port=.local/test-relay

finish() {
    status=$?
    if [ "$status" != 0 ] && [ -f "$env_file" ]; then
        echo "What the functions, then the local cloud, logged of trouble:"
        "$python" infra/local/logs.py "$env_file" || true
        "$python" infra/local/cloud.py log "$cloud" || true
    fi
    "$python" infra/local/cloud.py stop "$cloud"
    if [ -n "${relay:-}" ]; then kill "$relay" || true; fi
    rm -f "$env_file" "$relay_port"
    exit "$status"
}

# One may be left from a run that was killed.
"$python" infra/local/cloud.py stop "$cloud"
rm -f "$env_file" "$relay_port"
trap finish EXIT
# Between the functions and SES and SNS, so that those can be made to refuse.
"$python" tests/relay.py "$relay_port" "$cloud" &
relay=$!
until [ -f "$relay_port" ]; do
    kill -0 "$relay"
    sleep 0.1
done
RELAY_URL="http://127.0.0.1:$(cat "$relay_port")"
export RELAY_URL
"$python" infra/local/cloud.py start "$cloud" 0 "AWS_ENDPOINT_URL_SESV2=$RELAY_URL" "AWS_ENDPOINT_URL_SNS=$RELAY_URL"
"$python" infra/local/deploy.py "$cloud" "$env_file" AllowPrivateTargets=true RetrySchedule=1,1,2,2 \
    MailFrom=notifications@example.com 'TeamMailFrom=*@example.com' CodeIntervalSeconds=2
# shellcheck source=/dev/null
. "$env_file"
# Tests wait far more than they work: more at once than there are processors.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-8}"
cargo test "$@"
