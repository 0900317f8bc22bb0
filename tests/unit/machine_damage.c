// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Snapshot files cut off and with flipped bits, each in turn: machine_load()
 * must end with an answer or with an error, and what it answers must hold
 * together.  (Memory errors show under make asan.)
 */
#include "machine/model.h"
#include "tests/unit/machine_source.h"

/* One file of a capture is replaced; the others are as they are, read once. */
struct cached {
	char *name;
	struct blob b;
	int ret;
};

struct damaged {
	struct snapshot_source inner;
	struct cached files[64];
	unsigned count;
	const char *victim; /* its content is `as` */
	struct blob as;
};

static const struct cached *fetch(struct damaged *d, const char *name)
{
	struct err e = { 0 };

	for (unsigned i = 0; i < d->count; i++)
		if (!strcmp(d->files[i].name, name))
			return &d->files[i];
	assert_true(d->count < sizeof(d->files) / sizeof(*d->files));
	d->files[d->count].name = strdup(name);
	d->files[d->count].ret = d->inner.read(d->inner.ctx, name, &d->files[d->count].b, &e);
	return &d->files[d->count++];
}

static int read_damaged(void *ctx, const char *name, struct blob *out, struct err *e)
{
	struct damaged *d = ctx;
	const struct blob *from;

	(void)e;
	out->data = NULL;
	out->len = 0;
	if (d->victim && !strcmp(name, d->victim)) {
		from = &d->as;
	} else {
		const struct cached *c = fetch(d, name);

		if (c->ret)
			return c->ret;
		from = &c->b;
	}
	out->data = malloc(from->len + 1);
	assert_non_null(out->data);
	memcpy(out->data, from->data, from->len);
	out->data[from->len] = 0;
	out->len = from->len;
	return 0;
}

static uint64_t random_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void check_state(const struct machine *m, const struct machine_state *s)
{
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		assert_true(l->zone < m->zone_count && l->type < KMM_MIGRATETYPES);
		assert_true(l->order < KMM_ORDERS && l->cpu < (int32_t)m->cpus);
		assert_true((uint64_t)l->first + l->count <= s->list_pfn_count);
		for (uint32_t n = 0; n < l->count; n++) {
			uint32_t pfn = s->list_pfns[l->first + n];

			assert_true(pfn + (1ull << l->order) <= m->max_pfn);
			assert_int_equal(pfn & ((1u << l->order) - 1), 0);
		}
	}
	for (uint32_t i = 0; i < s->pcp_count; i++)
		assert_true(s->pcps[i].zone < m->zone_count && s->pcps[i].cpu < m->cpus);
	assert_true(s->kpageflags_len <= m->max_pfn);
}

static void try_load(struct damaged *d, unsigned *failed)
{
	struct snapshot_source src = { read_damaged, d };
	struct err e = { 0 };
	struct machine *m = machine_load(&src, &e);

	if (!m) {
		assert_true(e.code < 0 && e.text[0]);
		(*failed)++;
		return;
	}
	assert_true(m->cpus <= KMM_CPUS && m->nodes <= KMM_NODES);
	assert_true(m->orders <= KMM_ORDERS && m->pageblock_order < KMM_ORDERS);
	check_state(m, &m->before);
	check_state(m, &m->after);
	if (m->zone_count) {
		struct kmm_config *c = calloc(1, sizeof(*c));

		assert_non_null(c);
		machine_model(m, c, &e);
		free(c);
	}
	machine_free(m);
}

static const char *const victims[] = {
	"before/zoneinfo",	 "before/buddyinfo",	  "before/pagetypeinfo",
	"before/slabinfo",	 "before/slab_attrs.txt", "before/kpageflags",
	"before/meminfo",	 "before/symbols.txt",	  "before/struct_page.raw",
	"before/pgdat0.raw",	 "before/percpu1.raw",	  "before/lists",
	"before/slabs",		 "system/version",	  "system/iomem",
	"system/kcore_head.raw", "system/sysctl_vm",	  "system/thp",
	"system/nodes",		 "system/cpu_cache",	  "system/cpuinfo",
	"system/page_reporting", "system/narrowed",
};

/* The lists as text stand in no capture; they are made from it. */
static void original(struct damaged *d, const char *name, struct blob *b)
{
	struct snapshot_source src = { read_damaged, d };
	const struct cached *c = fetch(d, name);
	struct machine *m;

	b->data = NULL;
	b->len = 0;
	if (!c->ret) {
		read_damaged(d, name, b, NULL);
	} else if (!strcmp(name, "before/lists")) {
		m = machine_load(&src, NULL);
		assert_int_equal(machine_lists_text(m, &m->before, b, NULL), 0);
		machine_free(m);
	} else if (!strcmp(name, "before/slabs")) {
		m = machine_load(&src, NULL);
		assert_int_equal(machine_slabs_text(m, &m->before, b, NULL), 0);
		machine_free(m);
	}
}

/* Where structure is dense (the first bytes) more often than elsewhere. */
static size_t place(uint64_t *x, size_t len)
{
	uint64_t r = random_next(x);

	return r & 1 && len > 512 ? r % 512 : r % len;
}

static void test_damage(void **state)
{
	struct damaged d = { .victim = NULL };
	uint64_t x = 88172645463325252ull;
	unsigned failed = 0, tried = 0;

	(void)state;
	assert_true(open_capture(SMALL, &d.inner));
	for (size_t v = 0; v < sizeof(victims) / sizeof(*victims); v++) {
		struct blob b;

		d.victim = NULL;
		original(&d, victims[v], &b);
		if (!b.len)
			continue;
		d.victim = victims[v];
		for (unsigned round = 0; round < 16; round++, tried++) {
			d.as.data = malloc(b.len + 1);
			assert_non_null(d.as.data);
			memcpy(d.as.data, b.data, b.len);
			d.as.len = b.len;
			if (round % 2)
				d.as.len = random_next(&x) % b.len;
			for (unsigned flips = 0; round % 2 == 0 && flips < 1u << round / 2; flips++)
				d.as.data[place(&x, b.len)] ^= (uint8_t)(1u << random_next(&x) % 8);
			try_load(&d, &failed);
			free(d.as.data);
		}
		blob_free(&b);
	}
	print_message("%u damaged files, %u refused\n", tried, failed);
	assert_true(tried > 200 && failed > 0);
	for (unsigned i = 0; i < d.count; i++) {
		free(d.files[i].name);
		if (!d.files[i].ret)
			blob_free(&d.files[i].b);
	}
	snapshot_dir_close(&d.inner);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_damage) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
