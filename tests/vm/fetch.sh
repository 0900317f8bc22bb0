#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch.sh FOLDER: Debian's newest 6.1 kernels for amd64 and i386 (686-pae), and the few i386 libraries and tools that
# a guest needs, unpacked below FOLDER.  Nothing is installed, and the machine's own package lists are not touched.
set -u -e -o pipefail
mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/debs"
cd "$1"
here=$PWD
cat > apt.conf <<CONF
APT::Architectures { "amd64"; "i386"; };
APT::Sandbox::User "root";
Dir::State::lists "$here/lists";
Dir::Cache "$here/cache";
CONF
export APT_CONFIG=$here/apt.conf
apt-get -q -q update || echo "some package lists could not be had; going on with the rest" >&2

newest() { apt-cache search --names-only "$1" | awk '{ print $1 }' | sort -V | tail -1; }
get() {	# PACKAGE ARCHITECTURE FOLDER
	ls debs/"$1"_*_"$2".deb > /dev/null 2>&1 || (cd debs && apt-get -q -q download "$1:$2")
	dpkg -x debs/"$1"_*_"$2".deb "$3"
}
k64=$(newest '^linux-image-6\.1\.0-[0-9]+-amd64-unsigned$')
k32=$(newest '^linux-image-6\.1\.0-[0-9]+-686-pae-unsigned$')
[ -n "$k64" ] && [ -n "$k32" ] || { echo "no kernel images in the package lists" >&2; exit 1; }
rm -rf amd64 i386
get "$k64" amd64 amd64
get "$k32" i386 i386
for p in libc6 zlib1g libtraceevent1 libtracefs1 busybox-static; do get "$p" i386 i386; done
get busybox-static amd64 amd64
for a in amd64 i386; do /sbin/depmod -b $a "$(ls $a/lib/modules)"; done
echo "$k64 $k32" > fetched
