/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine_source: what the tests of src/machine share: snapshot files that stand
 * in memory, copies of a capture's files that a test may damage, and where the
 * captures are.
 */
#ifndef TESTS_UNIT_MACHINE_SOURCE_H
#define TESTS_UNIT_MACHINE_SOURCE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/machine.h"

struct memory_file {
	const char *name;
	const void *data;
	size_t len; /* 0: a string */
};

/* A source over an array that ends with a NULL name. */
static inline int memory_read(void *ctx, const char *name, struct blob *out, struct err *e)
{
	(void)e;
	out->data = NULL;
	out->len = 0;
	for (const struct memory_file *f = ctx; f->name; f++) {
		if (strcmp(f->name, name))
			continue;
		out->len = f->len ? f->len : strlen(f->data);
		out->data = malloc(out->len + 1);
		assert_non_null(out->data);
		memcpy(out->data, f->data, out->len);
		out->data[out->len] = 0;
		return 0;
	}
	return -ENOENT;
}

static inline struct machine *load_files(struct memory_file *files, struct err *e)
{
	struct snapshot_source src = { memory_read, files };

	return machine_load(&src, e);
}

static inline bool has_note(const struct machine *m, const char *part)
{
	for (uint32_t i = 0; i < m->unknown_count; i++)
		if (strstr(m->unknown[i], part))
			return true;
	return false;
}

/* Open a capture: a bundled one by its path, another by its name in KMEMLAB_TRACES. */
static inline bool open_capture(const char *name, struct snapshot_source *src)
{
	const char *traces = getenv("KMEMLAB_TRACES");
	char path[4096];

	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%s/%s", traces ? traces : "../shared/traces", name);
	return !snapshot_dir_open(path, src, NULL);
}

static inline struct machine *load_capture(const char *name)
{
	struct snapshot_source src;
	struct err e = { 0 };
	struct machine *m;

	if (!open_capture(name, &src)) {
		print_message("%s is not there; KMEMLAB_TRACES names the folder of captures\n",
			      name);
		return NULL;
	}
	m = machine_load(&src, &e);
	if (!m)
		print_error("%s: %s\n", name, e.text);
	assert_non_null(m);
	snapshot_dir_close(&src);
	return m;
}

#define SMALL "traces/amd64-6.1-small"

#endif
