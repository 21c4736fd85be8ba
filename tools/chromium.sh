#!/bin/sh
# See that there is a Chromium for the browser tests. Root on a Debian-like machine, which is what containers and CI
# are, gets Debian's; everybody else is told how to get one.
set -eu
for name in "${IAMLAB_CHROMIUM:-chromium}" chromium-browser google-chrome chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium for the browser tests …"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium fonts-dejavu-core >/dev/null
    exit 0
fi
echo "The browser tests need Chromium: \`sudo apt-get install chromium\` on Debian, elsewhere your system's package, or" >&2
echo "set IAMLAB_CHROMIUM to the program of a Chrome. \`make check unit lessons\` runs everything else." >&2
exit 1
