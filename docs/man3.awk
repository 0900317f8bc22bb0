# SPDX-License-Identifier: GPL-2.0-or-later
# man3.awk: a public header of libkmm as a manual page of section 3.
#
#	awk -v page=kmm_vmalloc -v header=kmm_vmalloc.h -v date=2026-11-27 -f docs/man3.awk src/mm/kmm_vmalloc.h
#
# The header's first comment is the description, its functions make the
# synopsis, and its declarations follow with their comments, which are the
# reference.  With -v links=1 only the functions' names are printed, one a line.

function plain(line)
{
	gsub(/\\/, "\\e", line)
	gsub(/-/, "\\-", line)
	# Tabs stand at every eighth column.
	while ((at = index(line, "\t")) > 0)
		line = substr(line, 1, at - 1) sprintf("%" (8 - (at - 1) % 8) "s", "") substr(line, at + 1)
	return line ~ /^[.']/ ? "\\&" line : line
}

{ text[NR] = $0 }

# SPDX line, then the comment that says what the thing is.
NR == 2 && /^\/\*/ { in_description = 1 }
in_description {
	line = $0
	sub(/^ ?\/?\*+\/? ?/, "", line)
	sub(/ ?\*\/$/, "", line)
	if (line == "" && description != "" && !/\*\//)
		description = description ".PP\n"
	else if (line != "")
		description = description plain(line) "\n"
	if (/\*\//) {
		in_description = 0
		first = NR + 1
	}
	next
}

# A prototype begins in the first column and ends at the semicolon.
/^[a-z].*[ *]kmm_[a-z0-9_]+\(/ && !/^(static|typedef)/ {
	name = $0
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	names[++functions] = name
	in_prototype = 1
}
in_prototype {
	synopsis = synopsis plain($0) "\n"
	if (/;/) in_prototype = 0
}

END {
	if (links) {
		for (i = 1; i <= functions; i++) print names[i]
		exit
	}
	split(description, sentence, "\n")
	title = sentence[1]
	sub(/^[a-z_]+: */, "", title)
	sub(/[.:;].*/, "", title)
	printf ".TH %s 3 %s kmemlab \"Library Functions Manual\"\n", toupper(page), date
	printf ".SH NAME\n%s \\- %s\n", page, title
	printf ".SH SYNOPSIS\n.nf\n#include <kmm/%s>\n.sp\n%s.fi\n.PP\nLink with\n.BR \\-lkmm .\n",
		header, synopsis
	printf ".SH DESCRIPTION\n%s", description
	printf ".SH DECLARATIONS\n.nf\n"
	blank = 1
	for (i = first; i <= NR; i++) {
		line = text[i]
		if (line ~ /^#(ifndef|endif|define KMM_[A-Z]*_H$|include)/) continue
		if (line == "" && blank) continue
		blank = line == ""
		print blank ? ".sp" : plain(line)
	}
	printf ".fi\n.SH SEE ALSO\n.BR kmm (3),\n.BR kmemlab (1)\n"
}
