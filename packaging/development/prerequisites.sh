#!/usr/bin/env bash
# What the tests need of the system. As root on a Debian it is installed; otherwise it says what to install and the tests
# that need it are skipped, loudly. Exit code 0 either way: whether a skip is a failure is the test run's decision.
set -euo pipefail
packages=(
  chromium fonts-noto-cjk                            # the officer's browser
  umockdev gir1.2-umockdev-1.0 python3-gi            # devices that are not there
  qemu-system-x86 qemu-utils mmdebstrap zstd mtools  # the real guest
  e2fsprogs dosfstools exfatprogs                    # media
  libarchive13                                       # the agent's reader of 7z, rar, iso, cab, zstd
  libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui fonts-wqy-zenhei  # documents to inspect
  iproute2 util-linux mount udev procps libseccomp2 rsync
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing for the tests: ${missing[*]}"
  apt-get -qq update || true
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null \
    || echo "could not install all of: ${missing[*]}; tests that need them will be skipped" >&2
else
  printf '%s\n' "NOT INSTALLED: ${missing[*]}" "tests that need them will be SKIPPED; to run everything:" \
    "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
fi
