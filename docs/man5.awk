# SPDX-License-Identifier: GPL-2.0-or-later
# man5.awk: a page of docs/*.md as a manual page of section 5.
#
#	awk -v page=kmemlab-schema -v date=2026-11-27 -v see='kmemlab-replay(1)' -f docs/man5.awk docs/schema.md [KEYS.csv]
#
# Of Markdown it knows what the pages use: headings, paragraphs, lists, tables,
# indented code, `code`, *emphasis*, **strong** and [links](page.md).  A table
# becomes a list, its first column the tag.  KEYS.csv is what `kmemlab policy list
# --keys --format csv` prints; it becomes the section KEYS.

function escape(s)
{
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	gsub(/`[^`]*`/, "\001&\002", s)
	gsub(/\001`/, "\\fB", s)
	gsub(/`\002/, "\\fR", s)
	return s
}

# Stars inside of code are no emphasis; what a link leads to is another page of this manual.
function inline(s,    out, at)
{
	gsub(/\]\([^)]*\)/, "", s)
	gsub(/\[/, "", s)
	while ((at = index(s, "`")) > 0) {
		out = out emphasis(escape(substr(s, 1, at - 1)))
		s = substr(s, at + 1)
		at = index(s, "`")
		out = out "\\fB" escape(substr(s, 1, at - 1)) "\\fR"
		s = substr(s, at + 1)
	}
	return out emphasis(escape(s))
}

function emphasis(s,    word)
{
	while (match(s, /\*\*[^*]+\*\*/)) {
		word = substr(s, RSTART + 2, RLENGTH - 4)
		s = substr(s, 1, RSTART - 1) "\\fB" word "\\fR" substr(s, RSTART + RLENGTH)
	}
	while (match(s, /\*[^* ][^*]*\*/)) {
		word = substr(s, RSTART + 1, RLENGTH - 2)
		s = substr(s, 1, RSTART - 1) "\\fI" word "\\fR" substr(s, RSTART + RLENGTH)
	}
	return s
}

# A paragraph in lines that a reader of the source can bear; none begins like a request.
function put(s,    n, i, word, line)
{
	n = split(inline(s), word, " ")
	for (i = 1; i <= n; i++) {
		if (line != "" && length(line) + length(word[i]) > 72) {
			print line
			line = ""
		}
		if (line == "" && word[i] ~ /^[.']/) word[i] = "\\&" word[i]
		line = line (line == "" ? "" : " ") word[i]
	}
	if (line != "") print line
}

function flush()
{
	if (code) print ".fi\n.RE"
	code = blank = 0
	if (text != "") put(text)
	text = ""
}

function row(line,    n, i, cell, rest)
{
	sub(/^\| */, "", line)
	sub(/ *\|$/, "", line)
	gsub(/ \| /, "\003", line)
	sub(/ \|/, "\003", line)
	n = split(line, cell, "\003")
	if (line ~ /^-+(\||$)/) return
	if (!table) {
		for (i in title) delete title[i]
		for (i = 1; i <= n; i++) title[i] = cell[i]
		table = 1
		return
	}
	print ".TP"
	put(cell[1] == "" ? "\\&" : cell[1])
	for (i = 2; i <= n; i++)
		rest = rest (rest == "" ? "" : "; ") (n > 2 && title[i] != "" ? title[i] ": " : "") cell[i]
	put(rest)
}

function csv(line, field,    n, c, i, quoted)
{
	n = 1
	field[1] = ""
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "\"") quoted = !quoted
		else if (c == "," && !quoted) field[++n] = ""
		else field[n] = field[n] c
	}
	return n
}

FNR == 1 { file++ }
file == 2 {
	if (FNR == 1) {
		flush()
		csv($0, head)
		print ".SH KEYS\nEach with its meaning, unit, range and its value under each base."
		next
	}
	n = csv($0, f)
	printf ".TP\n.B %s\n", escape(f[1])
	put(f[n] ".")
	if (f[2] != "") put("Unit: " f[2] ".")
	put("Range: " f[3] ".")
	rest = ""
	for (i = 4; i < n; i++) rest = rest (rest == "" ? "Default: " : "; ") head[i] " " f[i]
	put(rest ".")
	next
}
# The blanks of a code line stay, and an empty line between two of them.
/^    / && text == "" && !item && !table {
	if (!code) print (fresh ? "" : ".PP\n") ".RS 4\n.nf"
	if (code && blank) print ".sp"
	code = 1
	blank = fresh = 0
	line = escape(substr($0, 5))
	print line ~ /^[.']/ ? "\\&" line : line
	next
}
code && /^$/ { blank = 1; next }
code { flush() }
/^# / {
	name = tolower(substr($0, 3))
	printf ".TH %s 5 %s kmemlab \"File Formats Manual\"\n", toupper(page), date
	printf ".SH NAME\n%s \\- ", page
	put(name)
	print ".SH DESCRIPTION"
	fresh = 1
	next
}
/^## / { flush(); item = table = 0; printf ".SH "; put(toupper(substr($0, 4))); fresh = 1; next }
/^$/ { flush(); item = table = 0; next }
/^\|/ { flush(); row($0); fresh = 0; next }
/^([*-]|[0-9]+\.) / {
	flush()
	mark = $1 ~ /^[0-9]/ ? $1 : "\\(bu"
	print ".IP " mark " 3"
	item = 1
	fresh = 0
	sub(/^[^ ]+ /, "")
	text = $0
	next
}
{
	sub(/^ +/, "")
	if (text == "" && !fresh) print ".PP"
	fresh = 0
	text = text (text == "" ? "" : " ") $0
}

END {
	flush()
	n = split(see " kmemlab(1)", also, " ")
	print ".SH SEE ALSO"
	for (i = 1; i <= n; i++) {
		sub(/\(/, " (", also[i])
		gsub(/-/, "\\-", also[i])
		print ".BR " also[i] (i < n ? "," : "")
	}
}
