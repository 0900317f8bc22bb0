// SPDX-License-Identifier: GPL-2.0-or-later
/* caution: what a trace cannot tell is said, all of it, and nothing where it can tell all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/reader.h"
#include "trace/trace.h"

static const char *caution_of(const char *path)
{
	static char text[400];
	struct err e = { 0 };
	struct trace *t = trace_open(path, NULL, &e);

	if (!t)
		fail_msg("%s: %s", path, e.text);
	trace_caution(t, text, sizeof(text));
	trace_close(t);
	return text;
}

/* A free in text, as kernel/trace/trace_output.c of 4.19 writes it, with that pointer. */
static const char *caution_of_pointer(const char *pointer)
{
	char path[] = "caution-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	const char *text;

	assert_non_null(f);
	fprintf(f,
		"            bash-1241  [000] .... 18051.170004: kfree: "
		"call_site=ffffffff8119f20d ptr=%s\n",
		pointer);
	fclose(f);
	text = caution_of(path);
	unlink(path);
	return text;
}

static void captures(void **state)
{
	(void)state;
	assert_string_equal(caution_of("traces/amd64-6.1-small/trace.dat"), "");
	assert_string_equal(caution_of_pointer("ffff888003c0a000"), "");
	assert_non_null(strstr(caution_of_pointer("0000000064caed6c"), "pointers are hashed"));
	assert_non_null(strstr(caution_of_pointer("(____ptrval____)"), "pointers are hidden"));
}

static void all_at_once(void **state)
{
	struct trace t = { .info = { .pointers = TRACE_POINTERS_HASHED,
				     .page_structs = true,
				     .frames_told = true,
				     .cut_names = "kallsyms" } };
	char text[600];

	(void)state;
	trace_caution(&t, text, sizeof(text));
	assert_non_null(strstr(text, "hashed"));
	assert_non_null(strstr(text, "; events name a struct page"));
	assert_null(strstr(text, "is unknown; kallsyms"));
	assert_non_null(strstr(text, "; kallsyms end early"));
	t.info.frames_told = false;
	trace_caution(&t, text, sizeof(text));
	assert_non_null(strstr(text, "where in memory they lie is unknown; kallsyms"));
}

/* A line that has no room is cut, and nothing behind it is written to. */
static void little_room(void **state)
{
	struct trace t = { .info = { .page_structs = true, .cut_names = "kallsyms" } };
	char whole[600], text[600];

	(void)state;
	trace_caution(&t, whole, sizeof(whole));
	for (size_t room = 0; room < strlen(whole) + 2; room++) {
		memset(text, '#', sizeof(text));
		trace_caution(&t, text, room);
		for (size_t i = room; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
		if (room) {
			assert_int_equal(strlen(text),
					 room <= strlen(whole) ? room - 1 : strlen(whole));
			assert_memory_equal(text, whole, strlen(text));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(little_room),
	};

	return cmocka_run_group_tests_name("trace_caution", tests, NULL, NULL);
}
