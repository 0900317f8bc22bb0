#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build32.sh VM: the program for i386, as VM/build/kmemlab.  Recording needs libtracefs, libtraceevent and zlib; for what
# it does not call (SQLite, zstd, libdeflate) a library of empty functions stands.
set -u -e -o pipefail
vm=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
mkdir -p "$vm/build"
flags=(CC="${CC:-gcc} -m32" CPPFLAGS=-D_FILE_OFFSET_BITS=64 BUILD="$vm/build")
libs=
for l in libtracefs.so.1 libtraceevent.so.1 libz.so.1; do libs="$libs $(find "$vm/i386" -name $l | head -1)"; done
make -s "${flags[@]}" "$vm/build/libkmemlab.a" "$vm/build/libkmm.a"
nm -u "$vm/build/libkmemlab.a" | awk '$2 ~ /^(sqlite3|ZSTD|libdeflate)_/ { print "void " $2 "(void);\nvoid " $2 "(void) { __builtin_trap(); }" }' |
	awk '!seen[$0]++' > "$vm/build/absent.c"
${CC:-gcc} -m32 -shared -fPIC -Wl,-soname,libabsent.so -o "$vm/build/libabsent.so" "$vm/build/absent.c"
make -s "${flags[@]}" ALL_LIBS="$libs $vm/build/libabsent.so -lm -lpthread" "$vm/build/kmemlab"
