#!/usr/bin/env bash
# Makes sure of a browser for tests/report/test_browser.py: does nothing where one is on PATH, else installs Debian's.
set -euo pipefail

for name in chromium chromium-browser google-chrome-stable google-chrome chrome; do
  if command -v "$name" > /dev/null; then exit 0; fi
done
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
if ! command -v apt-get > /dev/null || ! "${as_root[@]}" true 2> /dev/null; then
  echo "There is no browser, and none can be installed here: install chromium." >&2
  exit 1
fi
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet chromium fonts-noto-color-emoji > /dev/null
