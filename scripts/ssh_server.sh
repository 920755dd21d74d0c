#!/usr/bin/env bash
# Makes sure of sshd for tests/adapters/fetch/test_git_over_ssh.py: does nothing where there is one, else installs
# Debian's, without a service of it being started.
set -euo pipefail

if PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v sshd > /dev/null; then exit 0; fi
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
if ! command -v apt-get > /dev/null || ! "${as_root[@]}" true 2> /dev/null; then
  echo "There is no sshd, and none can be installed here: install openssh-server." >&2
  exit 1
fi
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" > /dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm "$policy"' EXIT
fi
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends \
  openssh-server > /dev/null
