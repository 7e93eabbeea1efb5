#!/usr/bin/env bash
# Runs `cargo test` with these arguments against its own local cloud, with proxies that can inject faults. PARAMETERS
# sets further parameters of the template, as in `Name=value Other=value`.
set -euo pipefail

relay_port=.local/test-relay
faults_port=.local/test-faults

finish() {
    for process in ${relay:-} ${faults:-}; do kill "$process" || true; done
    rm -f "$relay_port" "$faults_port"
}

# started PROCESS PORT_FILE: waits until the process has written its port.
started() {
    until [ -f "$2" ]; do
        kill -0 "$1"
        sleep 0.1
    done
}

rm -f "$relay_port" "$faults_port"
trap finish EXIT
# Between the functions and SES and SNS, to simulate rejections.
.local/venv/bin/python tests/relay.py "$relay_port" .local/test-cloud &
relay=$!
# Between the functions and DynamoDB and SQS, to simulate failed calls, throttling and lost answers.
"${CARGO_TARGET_DIR:-target}/debug/faults" "$faults_port" .local/test-cloud &
faults=$!
started "$relay" "$relay_port"
started "$faults" "$faults_port"
RELAY_URL="http://127.0.0.1:$(cat "$relay_port")"
FAULTS_URL="http://127.0.0.1:$(cat "$faults_port")"
export RELAY_URL FAULTS_URL
# The address for the functions' traces, where a test listens. A request is traced only if its header asks for it.
AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:$(.local/venv/bin/python -c 'import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
    free.bind(("127.0.0.1", 0))
    print(free.getsockname()[1])')
export AWS_XRAY_DAEMON_ADDRESS
# Tests mostly wait: run more of them at once than there are processors.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-8}"
infra/local/with_cloud.sh test \
    "AWS_ENDPOINT_URL_SESV2=$RELAY_URL AWS_ENDPOINT_URL_SNS=$RELAY_URL \
     AWS_ENDPOINT_URL_DYNAMODB=$FAULTS_URL AWS_ENDPOINT_URL_SQS=$FAULTS_URL \
     AWS_XRAY_DAEMON_ADDRESS=$AWS_XRAY_DAEMON_ADDRESS" \
    "Tracing=Active RetrySchedule=1,1,2,2 MailsPerSecond=200 RequestsPerSecond=0 \
     AllowedOrigins=http://app.example.com ${PARAMETERS:-}" cargo test "$@"
