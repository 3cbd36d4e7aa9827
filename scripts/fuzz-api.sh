#!/bin/sh
# Calls the API of a server of its own, which has been delivered the fixtures, as docs/openapi.json describes it.
set -eu
program=$1
cases=$2
folder=$(mktemp -d)
venv=target/schemathesis
[ -x "$venv/bin/schemathesis" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet schemathesis; }

key=trib_live_$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')
export DATABASE_URL="sqlite://$folder/api.db" TRIBUTARY_API_KEY="$key" TRIBUTARY_RATE_LIMIT=100000
export TRIBUTARY_STRIPE_SECRETS=whsec_0123456789abcdef0123456789abcdef
"$program" serve --listen 127.0.0.1:18931 >"$folder/log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$folder"' EXIT
until curl -fsS http://127.0.0.1:18931/readyz >/dev/null 2>&1; do sleep 0.2; kill -0 $server; done
"$program" replay fixtures/stripe --to http://127.0.0.1:18931/webhooks/stripe --secret "$TRIBUTARY_STRIPE_SECRETS" >/dev/null

"$venv/bin/schemathesis" run http://127.0.0.1:18931/openapi.json --url http://127.0.0.1:18931 \
    --header "Authorization: Bearer $key" --max-examples "$cases" --seed 1 --no-color \
    --exclude-path-regex '/api/keys/' \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
