#!/usr/bin/env bash
# Runs `cargo test` with the arguments given, against a local cloud of its own, with a relay in it that can be told to fail.
set -euo pipefail

relay_port=.local/test-relay

finish() {
    if [ -n "${relay:-}" ]; then kill "$relay" || true; fi
    rm -f "$relay_port"
}

rm -f "$relay_port"
trap finish EXIT
# Between the functions and SES and SNS, so that those can be made to refuse.
.local/venv/bin/python tests/relay.py "$relay_port" .local/test-cloud &
relay=$!
until [ -f "$relay_port" ]; do
    kill -0 "$relay"
    sleep 0.1
done
RELAY_URL="http://127.0.0.1:$(cat "$relay_port")"
export RELAY_URL
# Tests wait far more than they work: more at once than there are processors.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-8}"
infra/local/with_cloud.sh test "AWS_ENDPOINT_URL_SESV2=$RELAY_URL AWS_ENDPOINT_URL_SNS=$RELAY_URL" \
    "RetrySchedule=1,1,2,2 CodeIntervalSeconds=2 MailsPerSecond=200" cargo test "$@"
