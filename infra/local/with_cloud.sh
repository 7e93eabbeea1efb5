#!/usr/bin/env bash
# with_cloud.sh NAME 'ENVIRONMENT…' 'PARAMETER=VALUE …' COMMAND …
#
# Runs a command against a local cloud of its own on a free port, with the template deployed to it by these parameters; the
# cloud ends with the command, however that ends. ENVIRONMENT is what the functions see besides.
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
"$python" infra/local/cloud.py start "$cloud" 0 ${environment[@]+"${environment[@]}"}
"$python" infra/local/deploy.py "$cloud" "$env_file" AllowPrivateTargets=loopback MailFrom=notifications@example.com \
    'TeamMailFrom=*@example.com' ${parameters[@]+"${parameters[@]}"}
# shellcheck source=/dev/null
. "$env_file"
"$@"
