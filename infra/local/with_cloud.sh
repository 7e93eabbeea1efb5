#!/usr/bin/env bash
# with_cloud.sh NAME 'ENVIRONMENT…' 'PARAMETER=VALUE …' COMMAND …
#
# Runs a command against its own local cloud on a free port, with the template deployed with these parameters. The cloud
# ends with the command, even if the command fails. ENVIRONMENT sets additional variables of the functions.
set -euo pipefail

name=$1
read -ra environment <<<"$2"
read -ra parameters <<<"$3"
shift 3
python=.local/venv/bin/python
cloud=.local/$name-cloud
env_file=.local/$name-env

finish() {
    status=$?
    if [ "$status" != 0 ] && [ -f "$env_file" ]; then
        echo "Problems in the logs of the functions and of the local cloud:"
        "$python" infra/local/logs.py "$env_file" || true
        "$python" infra/local/cloud.py log "$cloud" || true
    fi
    "$python" infra/local/cloud.py stop "$cloud"
    rm -f "$env_file"
    exit "$status"
}

# A killed run may have left a local cloud.
"$python" infra/local/cloud.py stop "$cloud"
rm -f "$env_file"
trap finish EXIT
"$python" infra/local/cloud.py start "$cloud" 0 ${environment[@]+"${environment[@]}"}
"$python" infra/local/deploy.py "$cloud" "$env_file" AllowPrivateTargets=loopback MailFrom=notifications@example.com \
    'TeamMailFrom=*@example.com' ${parameters[@]+"${parameters[@]}"}
# shellcheck source=/dev/null
. "$env_file"
"$@"
