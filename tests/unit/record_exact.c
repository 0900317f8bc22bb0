// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exact: the lists of the bundled capture's machine, read from its memory as from a running
 * kernel's, against what that kernel counted in buddyinfo, pagetypeinfo and slabinfo; and what
 * is not believed.
 */
#include "tests/unit/kcore_capture.h"

#include <errno.h>
#include <fcntl.h>

#include "machine/machine.h"
#include "record/exact.h"

static char marks[2048];

static void mark(void *arg, const char *text)
{
	(void)arg;
	strcat(strcat(marks, text), "\n");
}

static struct exact *open_it(struct kcore_capture *c)
{
	struct err e = { 0 };
	struct exact *x = exact_open(c->k.root, c->part, &e);

	if (!x)
		fail_msg("%s", e.text);
	return x;
}

static void take(struct kcore_capture *c, struct exact *x, struct exact_result *r)
{
	struct err e = { 0 };
	int dir = open(c->part, O_RDONLY | O_DIRECTORY);

	assert_true(dir >= 0);
	*marks = '\0';
	if (exact_take(x, dir, "before", mark, NULL, r, &e) < 0)
		fail_msg("%s", e.text);
	close(dir);
}

static char *text_of(const struct kcore_capture *c, const char *name)
{
	struct err e = { 0 };
	char path[200];
	struct blob b;

	snprintf(path, sizeof(path), "%s/before/%s", c->part, name);
	return file_read(path, 16u << 20, &b, &e) ? NULL : (char *)b.data;
}

/* The blocks of "A B FIRST..LAST ...", which stand in steps of one. */
static unsigned count(const char *p, unsigned step)
{
	unsigned n = 0;
	long a, b;
	int used;

	for (; sscanf(p, " %ld%n", &a, &used) == 1; p += used, n++)
		if (sscanf(p + used, "..%ld%n", &b, &used) == 1) {
			n += (unsigned)(labs(b - a) / step);
			p = strstr(p, "..") + 2;
			used = (int)strspn(p, "0123456789");
		}
	return n;
}

/* Each count of buddyinfo and of pagetypeinfo is the length of the lists that were read. */
static void like_the_kernels_counters(const char *lists)
{
	static const char *const zones[] = { "DMA", "DMA32" };
	static const char *const types[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic" };
	struct blob buddy, types_of;

	capture_read("before/buddyinfo", &buddy);
	capture_read("before/pagetypeinfo", &types_of);
	for (unsigned z = 0; z < 2; z++) {
		char key[80], *at;
		unsigned all[11] = { 0 };

		for (unsigned t = 0; t < 4; t++) {
			snprintf(key, sizeof(key), "zone %8s, type %12s", zones[z], types[t]);
			at = strstr((char *)types_of.data, key);
			assert_non_null(at);
			at += strlen(key);
			for (unsigned o = 0; o < 11; o++) {
				unsigned want = (unsigned)strtoul(at, &at, 10), got = 0;
				const char *line;

				snprintf(key, sizeof(key), "\nfree 0 %s %u %s:", zones[z], o,
					 types[t]);
				line = strstr(lists, key);
				if (line)
					got = count(line + strlen(key), 1u << o);
				assert_int_equal(got, want);
				all[o] += got;
			}
		}
		snprintf(key, sizeof(key), "zone %8s", zones[z]);
		at = strstr((char *)buddy.data, key) + strlen(key);
		for (unsigned o = 0; o < 11; o++)
			assert_int_equal(all[o], strtoul(at, &at, 10));
	}
	blob_free(&buddy);
	blob_free(&types_of);
}

static void a_machine_at_rest(void **state)
{
	struct kcore_capture c;
	struct exact_result r;
	struct exact *x;
	struct stat st;
	char *lists, *slabs, *blocks, path[200];

	(void)state;
	capture_begin(&c);
	kcore_end(&c.k, c.info);
	x = open_it(&c);
	take(&c, x, &r);
	assert_true(r.lists && r.slabs && r.pageblocks);
	assert_int_equal(r.reads, 1);
	assert_int_equal(r.torn, 0);
	assert_int_equal(r.bytes, 49111 * 64);
	assert_string_equal(r.source, "/proc/kcore, layout linux-6.1-amd64");
	assert_string_equal(marks, "snap: before/lists begin\nsnap: before/lists end\n");
	lists = text_of(&c, "lists");
	slabs = text_of(&c, "slabs");
	blocks = text_of(&c, "pageblocks");
	assert_true(lists && slabs && blocks);
	assert_non_null(strstr(lists, "\nmark snap: before/lists end\n"));
	like_the_kernels_counters(lists);
	assert_non_null(strstr(slabs, "\ncache dentry\n"));
	assert_string_equal(blocks, "# kmemlab pageblocks 1\norder 9\nUnmovable: 0 8..23\n"
				    "Movable: 1..7 24..87\nReclaimable: 88..95\nHighAtomic:\nCMA:\n"
				    "Isolate:\n");
	snprintf(path, sizeof(path), "%s/before/lists", c.part);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(lists);
	free(slabs);
	free(blocks);
	exact_close(x);
	kcore_drop(&c.k);
}

/* The same lists as the reader of dumps finds in the capture itself, in the same order. */
static void the_order_of_the_dumps(void **state)
{
	struct kcore_capture c;
	struct snapshot_source src;
	struct exact_result r;
	struct err e = { 0 };
	struct machine *m;
	struct exact *x;
	struct blob want;
	char *lists, *a, *b;

	(void)state;
	capture_begin(&c);
	kcore_end(&c.k, c.info);
	x = open_it(&c);
	take(&c, x, &r);
	lists = text_of(&c, "lists");
	assert_int_equal(snapshot_dir_open(CAPTURE, &src, &e), 0);
	m = machine_load(&src, &e);
	assert_non_null(m);
	assert_int_equal(machine_lists_text(m, &m->before, &want, &e), 0);
	/* Behind the lines that say where they are from */
	a = strstr(lists, "\ncounters");
	b = strstr((char *)want.data, "\ncounters");
	assert_true(a && b);
	assert_string_equal(a, b);
	machine_free(m);
	snapshot_dir_close(&src);
	blob_free(&want);
	free(lists);
	exact_close(x);
	kcore_drop(&c.k);
}

/* A block's link that leads nowhere is one of a list that changed: all is read again, to no avail. */
static void torn_lists(void **state)
{
	const uint64_t nowhere = 0xdead000000000100;
	struct kcore_capture c;
	struct exact_result r;
	struct exact *x;
	unsigned pfn = 0;
	char *lists, *at;

	(void)state;
	capture_begin(&c);
	kcore_end(&c.k, c.info);
	x = open_it(&c);
	take(&c, x, &r);
	lists = text_of(&c, "lists");
	/* The head of a list with others behind it */
	at = strstr(lists, "\nfree 0 DMA32 10 Movable: ");
	assert_non_null(at);
	pfn = (unsigned)strtoul(at + strlen("\nfree 0 DMA32 10 Movable: "), NULL, 10);
	free(lists);
	kcore_change(&c.k, c.pages + pfn * 64ull + 8, &nowhere, 8);
	take(&c, x, &r);
	assert_int_equal(r.reads, 4);
	assert_true(r.torn || !r.lists);
	assert_non_null(strstr(marks, "snap: before/lists.4 end\n"));
	exact_close(x);
	kcore_drop(&c.k);
}

/* Lists that the kernel's own counters contradict are not written, and why is said. */
static void lists_that_disagree(void **state)
{
	struct kcore_capture c;
	struct exact_result r;
	struct exact *x;

	(void)state;
	capture_begin(&c);
	kcore_end(&c.k, c.info);
	x = open_it(&c);
	kcore_put_text(
		&c.k, "proc/buddyinfo",
		"Node 0, zone      DMA      0      0      0      0      0      1      1      "
		"1      0      1      3 \n"
		"Node 0, zone    DMA32   9999      3      5      3      2      2      1      "
		"2      2      1     10 \n");
	take(&c, x, &r);
	assert_false(r.lists || r.slabs);
	assert_int_equal(r.reads, 4);
	assert_null(text_of(&c, "lists"));
	assert_null(text_of(&c, "slabs"));
	assert_non_null(strstr(r.source, "DMA32"));
	exact_close(x);
	kcore_drop(&c.k);
}

static void refused(struct kcore_capture *c, const char *why)
{
	struct err e = { 0 };

	assert_null(exact_open(c->k.root, c->part, &e));
	if (!strstr(e.text, why))
		fail_msg("'%s' says nothing of '%s'", e.text, why);
}

static void what_cannot_be_had(void **state)
{
	struct kcore_capture c;
	char *at, name[128];

	(void)state;
	capture_begin(&c);
	at = strstr(c.info, "SIZE(page)=64");
	assert_non_null(at);
	memcpy(at, "SIZE(page)=56", 13);
	kcore_end(&c.k, c.info);
	refused(&c, "no layout");
	kcore_drop(&c.k);

	capture_begin(&c);
	kcore_end(&c.k, c.info);
	kcore_put_text(&c.k, "proc/meminfo", "MemTotal: 10000 kB\nMemAvailable: 6000 kB\n");
	refused(&c, "more than half");
	kcore_put_text(&c.k, "part/system/version", "Linux version 3.2.0 (x) #1 SMP x86_64\n");
	refused(&c, "no layout");
	snprintf(name, sizeof(name), "%s/proc/zoneinfo", c.k.root);
	unlink(name);
	refused(&c, "zoneinfo");
	kcore_drop(&c.k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_at_rest),  cmocka_unit_test(the_order_of_the_dumps),
		cmocka_unit_test(torn_lists),	      cmocka_unit_test(lists_that_disagree),
		cmocka_unit_test(what_cannot_be_had),
	};

	return cmocka_run_group_tests_name("record_exact", tests, NULL, NULL);
}
