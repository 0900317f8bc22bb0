# SPDX-License-Identifier: GPL-2.0-or-later
# Chrome's "Trace Event Format" as published (the document of that name, sections in brackets), for the phases that
# `kmemlab export` may use; ui.perfetto.dev reads the same.  Input: a whole file.  Output: one line for each rule that is broken.
# Strict: a member that the document does not name, or does not name for that phase, is an error.
def only($names): keys_unsorted - $names | map("\(.) is no member here") | .[];
def rule($good; $what): if $good then empty else $what end;

# [Event Descriptions] ts and tts are microseconds; pid and tid numbers; cat a comma-separated list.
def common:
	rule(.name | type == "string" and length > 0; "name is no text"),
	rule(.ts | type == "number" and . >= 0; "ts is no time in microseconds"),
	rule(.pid | type == "number" and . == floor; "pid is no number"),
	rule(.tid | type == "number" and . == floor; "tid is no number"),
	(if has("cat") then rule(.cat | type == "string" and test("^[^,]+(,[^,]+)*$"); "cat is no list") else empty end),
	rule(.args | type == "object"; "args is no object");
# [Instant Events] s: global, process or thread.
def instant:
	only(["name", "cat", "ph", "ts", "tts", "pid", "tid", "s", "args", "sf", "cname"]),
	(if has("s") then rule(.s | IN("g", "p", "t"); "s is no scope") else empty end);
# [Counter Events] each member of args is a series, its value a number.
def counter:
	only(["name", "cat", "ph", "ts", "tts", "pid", "tid", "id", "args", "cname"]),
	rule(.args | type == "object" and length > 0 and all(type == "number"); "a series is no number");
# [Metadata Events] the names that are known, and what each says in args.
def metadata:
	only(["name", "cat", "ph", "ts", "tts", "pid", "tid", "args"]),
	(.args as $a | if .name | IN("process_name", "thread_name") then rule($a | keys == ["name"] and (.name | type == "string"); "no name in args")
	elif .name == "process_labels" then rule($a | keys == ["labels"] and (.labels | type == "string"); "no labels in args")
	elif .name | IN("process_sort_index", "thread_sort_index") then rule($a | keys == ["sort_index"] and (.sort_index | type == "number"); "no sort_index in args")
	else "\(.name) is no metadata" end);

# [JSON Object Format]
rule(type == "object"; "no object"),
only(["traceEvents", "displayTimeUnit", "systemTraceEvents", "powerTraceAsString", "stackFrames", "samples", "controllerTraceDataKey", "otherData"]),
(if has("displayTimeUnit") then rule(.displayTimeUnit | IN("ms", "ns"); "displayTimeUnit is neither ms nor ns") else empty end),
rule(.traceEvents | type == "array" and length > 0; "traceEvents is no array"),
(.traceEvents | to_entries[] | .key as $n | .value | "event \($n): " +
	(common, (if .ph == "i" then instant elif .ph == "C" then counter elif .ph == "M" then metadata else "ph \(.ph) is not used here" end)))
