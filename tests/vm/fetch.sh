#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch.sh FOLDER: Debian's newest 6.1 kernels for amd64 and i386 (686-pae), and the few i386 libraries and tools that
# a guest needs, unpacked below FOLDER; and 6.12 and 6.18 for amd64 (amd64-6.12, amd64-6.18), where this machine's archive
# has the suites that they are in.  Nothing is installed, and the machine's own package lists are not touched.
set -u -e -o pipefail
mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/debs"
cd "$1"
here=$PWD
# Suites beside the machine's own, at the archive that its own are from, for 64-bit kernels alone.
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -1)
: > more.list
for suite in trixie trixie-backports; do
	[ -z "$archive" ] || echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main" >> more.list
done
cat /etc/apt/sources.list more.list > sources.list 2> /dev/null || :
cat > apt.conf <<CONF
APT::Architectures { "amd64"; "i386"; };
APT::Sandbox::User "root";
APT::Default-Release "$(. /etc/os-release; echo "${VERSION_CODENAME:-stable}")";
Dir::Etc::sourcelist "$here/sources.list";
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
rm -rf amd64 amd64-* i386
get "$k64" amd64 amd64
get "$k32" i386 i386
for p in libc6 zlib1g libtraceevent1 libtracefs1 busybox-static; do get "$p" i386 i386; done
get busybox-static amd64 amd64
got="$k64 $k32"
for v in 6.12 6.18; do
	k=$(newest "^linux-image-${v/./\\.}\.[0-9]+(\+[a-z0-9]+)?-amd64(-unsigned)?$") || :
	if [ -z "$k" ] || ! get "$k" amd64 amd64-$v; then
		rm -rf amd64-$v
		continue
	fi
	get busybox-static amd64 amd64-$v
	# Where /lib is a link to /usr/lib, the modules are there.
	[ -d amd64-$v/lib/modules ] || ln -s usr/lib amd64-$v/lib
	got="$got $k"
done
for m in amd64 i386 amd64-*; do
	[ ! -d "$m" ] || /sbin/depmod -b "$m" "$(ls "$m/lib/modules")"
done
echo "$got" > fetched
