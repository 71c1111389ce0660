#!/usr/bin/env bash
# Build the guest for the end-to-end tests where this machine can; say why not where it cannot.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ "$(id -u)" -ne 0 ]; then echo "the guest's image needs root: guest tests will be SKIPPED" >&2; exit 0; fi
for tool in mmdebstrap qemu-system-x86_64 qemu-img mke2fs; do
  command -v $tool >/dev/null || { echo "no $tool: guest tests will be SKIPPED" >&2; exit 0; }
done
PYTHON="$here/.venv/bin/python" "$here/tests/e2e/guest/build-image.sh" || echo "the guest's image was not built: guest tests will be SKIPPED" >&2
