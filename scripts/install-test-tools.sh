#!/usr/bin/env bash
# Installs what the tests need beside Rust: PostgreSQL's programs, of which the tests start a server of their own, so the distribution's is not created;
# and Chromium, in which they look at the dashboard. It is driven through its DevTools protocol, so no chromedriver is needed.
# Node, esbuild (which takes the types out of TypeScript) and Python run the examples of the docs; curl calls the API as their pages say.
set -euo pipefail

packages=()
if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null; then
    packages+=(postgresql)
fi
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
    packages+=(chromium)
fi
command -v python3 >/dev/null || packages+=(python3)
python3 -c 'import yaml' 2>/dev/null || packages+=(python3-yaml)
command -v curl >/dev/null || packages+=(curl)
command -v openssl >/dev/null || packages+=(openssl)
command -v node >/dev/null || packages+=(nodejs)
command -v esbuild >/dev/null || packages+=(esbuild)
if [ "${#packages[@]}" -eq 0 ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "error: not installed: ${packages[*]}" >&2
    echo "hint: install PostgreSQL 15 or later so that initdb and pg_ctl are found on the search path, Chromium as chromium or google-chrome, and Node, esbuild, curl, openssl and Python 3 with PyYAML" >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}"
