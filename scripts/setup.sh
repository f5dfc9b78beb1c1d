#!/bin/sh
# Makes .venv/ from a hashed list of packages, and installs what Debian or Ubuntu lack for that. Asks nothing.
set -eu
lock=$1

say() { printf 'setup: %s\n' "$1" >&2; }

# Packages of the distribution, as root or by sudo; fails where neither is possible.
distribution() {
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" = 0 ]; then as_root=; else command -v sudo >/dev/null || return 1; as_root=sudo; fi
  say "installing $*"
  $as_root apt-get update -qq >/dev/null 2>&1 || true
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The first interpreter that is new enough and can make a virtual environment.
interpreter() {
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

has_pango() {
  python=$1
  for library in libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; do
    "$python" -c "import ctypes; ctypes.CDLL('$library')" 2>/dev/null || return 1
  done
}

if [ ! -x .venv/bin/python ]; then
  if python=$(interpreter) || { distribution python3 python3-venv ca-certificates && python=$(interpreter); }; then
    say "making .venv with $($python --version)"
    "$python" -m venv .venv
  elif command -v uv >/dev/null; then
    uv venv --quiet --seed --python '>=3.11' .venv
  else
    say "no Python 3.11 or newer with venv was found; install one (Debian, Ubuntu: python3 and python3-venv), then run this again"
    exit 1
  fi
fi

if [ "$(uname)" = Linux ] && ! has_pango .venv/bin/python; then
  distribution libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ||
    say "pango is missing and could not be installed: HTML works, PDF needs libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
fi

say "installing $lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# Without byte code every start takes twice as long.
env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m compileall -q -j 0 .venv/lib reporter >/dev/null 2>&1 || true
say "done: .venv/bin/reporter"
