#!/bin/sh
# Installs the servers and the browser that some tests talk to, from Debian's or Ubuntu's packages. The gate calls it;
# where they are absent, those tests are skipped and say so. Nothing is started here: a test starts and ends its own.
set -eu
command -v apt-get >/dev/null || exit 0
missing=
for pair in chromium:chromium smbd:samba sshd:openssh-server ssh-keygen:openssh-client postfix:postfix pdftoppm:poppler-utils \
  fiu-run:fiu-utils strace:strace dovecot:dovecot-imapd; do
  PATH=$PATH:/usr/sbin command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
$as_root apt-get update -qq >/dev/null 2>&1 || true
# shellcheck disable=SC2086  # a list of packages
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
