// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probes: what is written into kprobe_events, against the probes of two captures as their
 * kernels listed them (system/kprobe_events); and what is taken away again.  A folder stands for
 * tracefs: what is written into its dynamic_events comes out of a pipe, or, where it is read
 * too, stands at the start of a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <tracefs.h>

#include "record/probes.h"

static char dir[] = "/tmp/kmemlab-probes-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int pipe_end = -1;

/* From now on what is written can be read. */
static void listen_to(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dynamic_events", dir);
	if (pipe_end >= 0)
		close(pipe_end);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	pipe_end = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(pipe_end >= 0);
}

static const char *written(void)
{
	static char text[16384];
	ssize_t n = read(pipe_end, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int setup(void **state)
{
	char path[128];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/events", dir);
	mkdir(path, 0700);
	put("kprobe_events", "");
	return tracefs_set_tracing_dir(dir);
}

static int clean(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* "$arg1:x64" as this processor's kernel lists it: the register that the argument comes in. */
static void resolve(const char *from, char *to, const char *const registers[3])
{
	for (; *from; from++) {
		if (strncmp(from, "$arg", 4)) {
			*to++ = *from;
			continue;
		}
		to += sprintf(to, "%s", registers[from[4] - '1']);
		from += 4;
	}
	*to = '\0';
}

/* How many of the probes on these lines the capture has too; each must be like its own. */
static unsigned like_the_captures(const char *ours, const char *file,
				  const char *const registers[3], const char *width)
{
	char line[300], text[8192], *next;
	unsigned seen = 0;
	FILE *f = fopen(file, "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		char event[64], key[80], want[200], mine[300], *rest, *end;

		/* "p:lab/EVENT FUNCTION ARGUMENTS", "r10:lab/..." */
		if (sscanf(line, "%*[^/]/%63s %199[^\n]", event, want) != 2)
			continue;
		snprintf(text, sizeof(text), "%s", ours);
		snprintf(key, sizeof(key), "/%s ", event);
		next = strstr(text, key);
		if (!next)
			continue;
		rest = next + strlen(key);
		end = strchr(rest, '\n');
		if (end)
			*end = '\0';
		resolve(rest, mine, registers);
		mine[strcspn(mine, "\n")] = '\0';
		while (*mine && mine[strlen(mine) - 1] == ' ')
			mine[strlen(mine) - 1] = '\0';
		for (char *at = mine; (at = strstr(at, "64")); at += 2)
			memcpy(at, width, 2);
		/* The captures' have an argument more here and there: ours come first. */
		if (strncmp(mine, want, strlen(mine)))
			fail_msg("%s: '%s', the capture has '%s'", event, mine, want);
		while (next > text && next[-1] != '\n')
			next--;
		assert_int_equal(*next, *line);
		seen++;
	}
	fclose(f);
	return seen;
}

static void make(struct event_set *s, unsigned probes)
{
	struct err e = { 0 };
	struct event_gaps gaps = { 0 };

	listen_to();
	*s = (struct event_set){ .probes = probes };
	assert_int_equal(probes_make(s, &gaps, &e), 0);
	assert_int_equal(gaps.count, 0);
}

static void like_those_of_captures(void **state)
{
	static const char *const amd64[] = { "%di", "%si", "%dx" }, *const i386[] = { "%ax", "%dx",
										      "%cx" };
	const char *traces = getenv("KMEMLAB_TRACES");
	const char *ours;
	char path[4200], group[32];
	struct event_set s;

	(void)state;
	make(&s, PROBES_VMALLOC | PROBES_HIGHMEM);
	snprintf(group, sizeof(group), ":kmemlab_%d/", (int)getpid());
	ours = written();
	assert_non_null(strstr(ours, group));
	for (unsigned i = 0; i < s.count; i++) {
		assert_memory_equal(s.e[i].system, group + 1, strlen(group) - 2);
		assert_false(s.e[i].needed);
	}
	assert_int_equal(like_the_captures(ours, "traces/amd64-6.1-small/system/kprobe_events",
					   amd64, "64"),
			 7);
	snprintf(path, sizeof(path), "%s/i386-6.1-highmem/system/kprobe_events",
		 traces ? traces : "../shared/traces");
	if (access(path, R_OK))
		print_message("%s is not there\n", path);
	else
		assert_true(like_the_captures(ours, path, i386, "32") >= 14);
	event_set_free(&s);
}

/* Where the kernel has events of its own, and where nobody asked. */
static void only_what_is_wanted(void **state)
{
	const char *ours;
	struct event_set s;
	char path[128];

	(void)state;
	make(&s, 0);
	assert_string_equal(written(), "");
	assert_int_equal(s.count, 0);
	make(&s, PROBES_HIGHMEM);
	ours = written();
	assert_non_null(strstr(ours, "kunmap_local_indexed"));
	assert_null(strstr(ours, "vmalloc"));
	event_set_free(&s);
	snprintf(path, sizeof(path), "%s/events/vmalloc", dir);
	mkdir(path, 0700);
	make(&s, PROBES_VMALLOC);
	assert_string_equal(written(), "");
	assert_int_equal(s.count, 0);
	rmdir(path);
}

/* A kernel that takes none of them. */
static void not_allowed(void **state)
{
	struct event_set s = { .probes = PROBES_HIGHMEM };
	struct event_gaps gaps = { 0 };
	struct err e = { 0 };
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/dynamic_events", dir);
	unlink(path);
	mkdir(path, 0700);
	assert_int_equal(probes_make(&s, &gaps, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no kprobes"));
	assert_int_equal(gaps.count, 9);
	assert_int_equal(s.count, 0);
	/* Those for vmalloc are missed, and that is all. */
	s.probes = PROBES_VMALLOC;
	memset(&gaps, 0, sizeof(gaps));
	assert_int_equal(probes_make(&s, &gaps, &e), 0);
	assert_int_equal(gaps.count, 7);
	assert_non_null(strstr(gaps.names, "kprobe:vmalloc_range, "));
	rmdir(path);
	event_set_free(&s);
}

static pid_t dead(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

/* Of these groups, each with a probe, the first is removed and no other: its removal stands at the start. */
static void removes_the_first(const char *const groups[5], void (*remove)(void))
{
	char text[600] = "", want[80], got[80], path[128];
	FILE *f;

	for (unsigned i = 0; i < 5; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "p:%s/vfree vfree addr=%%di:x64\n", groups[i]);
	snprintf(path, sizeof(path), "%s/dynamic_events", dir);
	unlink(path);
	put("dynamic_events", text);
	remove();
	snprintf(want, sizeof(want), "-:%s/vfree", groups[0]);
	f = fopen(path, "r");
	assert_non_null(f);
	got[fread(got, 1, strlen(want), f)] = '\0';
	fclose(f);
	assert_string_equal(got, want);
}

static void removal(void **state)
{
	char mine[32], gone[32], like_it[32];
	pid_t other = dead(), living[] = { 1, getpid() };
	char path[128];

	(void)state;
	snprintf(mine, sizeof(mine), "kmemlab_%d", (int)getpid());
	snprintf(gone, sizeof(gone), "kmemlab_%d", (int)other);
	snprintf(like_it, sizeof(like_it), "kmemlab_%dx", (int)other);
	/* Whoever has an instance still lives. */
	snprintf(path, sizeof(path), "%s/instances", dir);
	mkdir(path, 0700);
	for (size_t i = 0; i < sizeof(living) / sizeof(*living); i++) {
		snprintf(path, sizeof(path), "%s/instances/kmemlab-%d", dir, living[i]);
		mkdir(path, 0700);
	}
	removes_the_first((const char *[]){ mine, gone, "kmemlab_1", "lab", like_it },
			  probes_remove);
	removes_the_first((const char *[]){ gone, mine, "kmemlab_1", "lab", like_it }, probes_tidy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_those_of_captures),
		cmocka_unit_test(only_what_is_wanted),
		cmocka_unit_test(removal),
		cmocka_unit_test(not_allowed),
	};

	return cmocka_run_group_tests_name("record_probes", tests, setup, clean);
}
