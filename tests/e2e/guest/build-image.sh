#!/usr/bin/env bash
# Build the guest once: $VM_CACHE/{vmlinuz,initrd.img,root.qcow2,stamp}. A re-run is a no-op unless this script,
# guest-packages.txt or the agent's lock changed. The agent's locked wheels are baked in as /opt/gapwatch; the
# agent itself is put there by the tests, so a change of our own code never rebuilds the image.
# Needs root and (apt): mmdebstrap e2fsprogs qemu-utils qemu-system-x86 zstd, and a Python 3 with pip.
# Env: VM_CACHE (default <user cache>/gapwatch-guest), VM_SUITE (bookworm), VM_KERNEL (linux-image-amd64),
#      VM_DISK_SIZE (4G), PYTHON (python3)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$(cd "$here/../../.." && pwd)/packaging/lock/agent.txt
cache=${VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gapwatch-guest}
suite=${VM_SUITE:-bookworm}
size=${VM_DISK_SIZE:-4G}
kernel=${VM_KERNEL:-linux-image-amd64}
python=${PYTHON:-python3}
pkgs=$kernel,$(grep -v '^#' "$here/guest-packages.txt" | xargs | tr ' ' ',')

want=$( (cat "$here/build-image.sh" "$lock"; echo "$suite $size $pkgs") | sha256sum | cut -c1-16)
mkdir -p "$cache"
exec 9>"$cache/lock"; flock 9
if [ "$(cat "$cache/stamp" 2>/dev/null)" = "$want" ]; then echo "image up to date: $cache"; exit 0; fi

work=$(mktemp -d "$cache/build.XXXXXX"); trap 'rm -rf "$work"' EXIT
t0=$SECONDS
"$python" -m pip download --quiet --disable-pip-version-check --only-binary :all: --no-deps --require-hashes \
  --python-version 3.11 --implementation cp --platform manylinux_2_34_x86_64 --platform manylinux_2_28_x86_64 \
  --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
  --dest "$work/wheels" --requirement "$lock"
echo "wheels: $((SECONDS-t0)) s"; t0=$SECONDS
mmdebstrap --quiet --mode=root --variant=apt --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook='mkdir -p "$1/etc/initramfs-tools"' \
  --essential-hook='printf "MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\nBUSYBOX=n\n" >"$1/etc/initramfs-tools/vm.conf"' \
  --include="$pkgs" "$suite" "$work/root"
echo "mmdebstrap: $((SECONDS-t0)) s"; t0=$SECONDS
r=$work/root
echo guest >"$r/etc/hostname"
printf '127.0.0.1 localhost guest\n' >"$r/etc/hosts"
echo '/dev/vda / ext4 rw,noatime 0 1' >"$r/etc/fstab"
tr -d - </proc/sys/kernel/random/uuid >"$r/etc/machine-id"
chroot "$r" passwd -d root >/dev/null                      # serial console login without a password
chroot "$r" useradd --create-home --shell /bin/bash worker # the person at the workstation
mkdir -p "$r/etc/systemd/network" "$r/etc/systemd/journald.conf.d"
printf '[Match]\nName=en*\nDriver=virtio_net\n[Network]\nDHCP=ipv4\n' >"$r/etc/systemd/network/10-vm.network"
printf '[Journal]\nStorage=persistent\n' >"$r/etc/systemd/journald.conf.d/vm.conf"
cp -r "$work/wheels" "$r/opt/wheels"
chroot "$r" python3 -m venv /opt/gapwatch
chroot "$r" /opt/gapwatch/bin/pip install --quiet --disable-pip-version-check --no-index --find-links /opt/wheels \
  --no-deps $(cd "$work/wheels" && ls | sed 's,^,/opt/wheels/,')
rm -rf "$r/opt/wheels"
chroot "$r" systemctl -q enable systemd-networkd qemu-guest-agent serial-getty@ttyS0 2>/dev/null || true
# things a test guest has no use for, all of them slow without hardware virtualisation
for u in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
         fstrim.timer systemd-networkd-wait-online.service getty@tty1.service; do
  ln -sf /dev/null "$r/etc/systemd/system/$u"; done
printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic >>"$r/etc/initramfs-tools/modules"
mkdir -p "$r/etc/initramfs-tools/conf.d"
mv "$r/etc/initramfs-tools/vm.conf" "$r/etc/initramfs-tools/conf.d/vm.conf"
chroot "$r" update-initramfs -u -k all
cp "$(ls -1 "$r"/boot/vmlinuz-* | sort -V | tail -1)" "$work/vmlinuz"
cp "$(ls -1 "$r"/boot/initrd.img-* | sort -V | tail -1)" "$work/initrd.img"
rm -f "$r"/boot/initrd.img-* "$r"/var/cache/apt/archives/*.deb
du -sh "$r" | sed 's/\t.*/ in the root file system/'
truncate -s "$size" "$work/root.raw"
mke2fs -q -t ext4 -L root -d "$r" "$work/root.raw"
qemu-img convert -O qcow2 "$work/root.raw" "$work/root.qcow2"
rm -f "$cache/stamp" "$cache"/ready-*.qcow2
mv "$work"/{vmlinuz,initrd.img,root.qcow2} "$cache/"
echo "$want" >"$cache/stamp"
echo "disk image: $((SECONDS-t0)) s"; ls -lhs "$cache" | sed 1d
