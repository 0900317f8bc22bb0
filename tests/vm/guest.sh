#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest.sh VM MACHINE KMEMLAB SCENARIO DEST [MEGABYTES [QEMU-OPTION...]]: boots the kernel in VM/MACHINE (an architecture,
# and behind a dash which of its kernels) with a file system made of KMEMLAB, its libraries and busybox, runs SCENARIO
# in it, and unpacks what it left into DEST.
# Environment: ACCEL, SMP  as QEMU's -accel and -smp have them (tcg,thread=multi; 2)
set -u -e -o pipefail
vm=$1 machine=$2 kmemlab=$3 scenario=$4 dest=$5 mb=${6:-1024}
shift 5; [ $# = 0 ] || shift
arch=${machine%%-*}
here=$(cd "$(dirname "$0")" && pwd)
version=$(ls "$vm/$machine/lib/modules")
modules=$vm/$machine/lib/modules/$version
work=$(mktemp -d "${TMPDIR:-/tmp}/kmemlab-vm.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

mkdir -p "$root"/{bin,lib,lib64,dev,proc,sys,out,etc,"lib/modules/$version"}
cp "$here/init" "$root/init"
cp "$here/work" "$root/work"
cp "$scenario" "$root/scenario"
chmod 755 "$root/init"
cp "$vm/$machine/bin/busybox" "$root/bin/busybox"
cp "$kmemlab" "$root/bin/kmemlab"
if [ "$arch" = i386 ]; then
	for l in libc.so.6 libm.so.6 ld-linux.so.2 libtraceevent.so.1 libtracefs.so.1 libz.so.1; do
		cp -L "$(find "$vm/i386" -name "$l" | head -1)" "$root/lib/"
	done
	cp "$vm/build/libabsent.so" "$root/lib/"
else
	ldd "$kmemlab" | grep -o '/[^ ]*' | while read -r f; do
		case $f in */ld-linux*) cp -L "$f" "$root/lib64/" ;; *) cp -L "$f" "$root/lib/" ;; esac
	done
fi
cp "$modules"/modules.{dep,alias,softdep,builtin} "$root/lib/modules/$version/"
for m in virtio_pci virtio_blk minix; do
	{ grep -E "/$m\.ko" "$modules/modules.dep" || :; } | head -1 | tr -d : | tr ' ' '\n' | while read -r f; do
		mkdir -p "$root/lib/modules/$version/$(dirname "$f")"
		cp "$modules/$f" "$root/lib/modules/$version/$f"
	done
done
# The kernel's configuration, where the recorder looks for it.
mkdir -p "$root/boot"; cp "$vm/$machine/boot/config-$version" "$root/boot/"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/initrd"
truncate -s 1G "$work/out.img"
truncate -s 32M "$work/scratch.img"
/sbin/mkfs.minix -n 30 "$work/scratch.img" > /dev/null
case $arch in amd64) qemu=qemu-system-x86_64 cpu=max,la57=off ;; i386) qemu=qemu-system-i386 cpu=max ;; esac
timeout 1800 $qemu -accel "${ACCEL:-tcg,thread=multi}" -cpu $cpu -m "$mb" -smp "${SMP:-2}" -nographic -no-reboot -nic none "$@" \
	-kernel "$vm/$machine/boot/vmlinuz-$version" -initrd "$work/initrd" -append "console=ttyS0 panic=-1 quiet" \
	-drive file="$work/out.img",if=virtio,format=raw,cache=unsafe \
	-drive file="$work/scratch.img",if=virtio,format=raw,cache=unsafe < /dev/null > "$work/console" 2>&1 || :
mkdir -p "$dest"
cp "$work/console" "$dest/console"
tr -d '\r' < "$work/console" | grep '^guest: done' > /dev/null || { tail -5 "$work/console" >&2; exit 1; }
tar x -C "$dest" -f "$work/out.img"
