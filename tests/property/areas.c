// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random requests for addresses: vmalloc, per-CPU memory, high memory, boot
 * memory and pages, each on small machines of several kernels.  100,000
 * operations with every invariant checked after each, and 2 million with a
 * check every 1,000; what a request returned must not overlap what others hold.
 * A failing sequence is shrunk before it is shown.
 *
 * KMEMLAB_PROPERTY_SEED and KMEMLAB_PROPERTY_OPS choose other sequences; QUICK
 * makes them short.
 */
#include <pthread.h>

#include "tests/unit/mm_machine.h"

#include "mm/kmm_boot.h"
#include "mm/kmm_highmem.h"
#include "mm/kmm_page.h"
#include "mm/kmm_percpu.h"
#include "mm/kmm_vmalloc.h"

#define FRAMES 2048u
#define MOST_HELD 200u
#define DEFAULT_OPS 100000u
#define QUICK_OPS 5000u
#define THREADS 8

struct op {
	uint32_t a, b;
};

struct held {
	uint64_t at, size;
	unsigned extra;
};

struct world {
	enum kmm_generation generation;
	struct kmm *mm;
	void *it; /* the allocator under test */
	struct held held[MOST_HELD];
	unsigned n;
	uint64_t used; /* of the shadow, where there is one */
	char why[200];
};

struct subject {
	const char *name;
	enum kmm_generation generation;
	bool (*start)(struct world *w, const struct subject *s);
	bool (*step)(struct world *w, const struct op *o);
	int (*validate)(const struct world *w, char *why, size_t n);
	void (*end)(struct world *w);
	bool option;
	unsigned nodes; /* 0: one */
};

static bool complain(struct world *w, const char *what)
{
	snprintf(w->why, sizeof(w->why), "%s", what);
	return false;
}

/* Something was given: it must be apart from all that is held. */
static bool hold(struct world *w, uint64_t at, uint64_t size, unsigned extra)
{
	for (unsigned i = 0; i < w->n; i++)
		if (at < w->held[i].at + w->held[i].size && w->held[i].at < at + size)
			return complain(w, "two allocations overlap");
	w->held[w->n++] = (struct held){ at, size, extra };
	return true;
}

static struct held drop(struct world *w, uint32_t which)
{
	struct held *h = &w->held[which % w->n], was = *h;

	*h = w->held[--w->n];
	return was;
}

static bool wants_more(const struct world *w, const struct op *o)
{
	return !w->n || (w->n < MOST_HELD && o->a % 100 < (o->b >> 28 < 8 ? 60u : 45u));
}

/* ---- vmalloc ---- */

static bool vmalloc_start(struct world *w, const struct subject *s)
{
	struct kmm_vmalloc_config c;

	kmm_vmalloc_config_init(&c, KMM_X86_64, s->generation, 0);
	c.end = c.start + (UINT64_C(6) << 20); /* tight */
	c.lazy_max = 128;
	c.huge = s->option;
	c.huge_order = 4;
	c.ram_block = 128;
	w->it = kmm_vmalloc_create(w->mm, &c);
	return w->it;
}

static bool vmalloc_step(struct world *w, const struct op *o)
{
	static const kmm_pfn pages[80];
	unsigned cpu = o->b & 1, n = 1 + (o->b >> 8) % 80;
	struct kmm_vmalloc_stats s;
	struct held h;
	uint64_t size, at;

	if (o->a % 9 == 0)
		kmm_vfree_work(w->it, cpu);
	if (o->a % 997 == 0)
		kmm_vm_unmap_aliases(w->it);
	if (wants_more(w, o)) {
		size = 1 + o->b % (o->a & 0x100 ? 200000 : 20000);
		switch (o->a >> 9 & 7) {
		case 0:
			at = kmm_ioremap(w->it, cpu, 0x80000000u + (o->b & 0xffff), size);
			return !at || hold(w, at, size, 0);
		case 1:
			at = kmm_get_vm_area(w->it, cpu, size, KMM_VM_MAP);
			return !at || hold(w, at, size, 1);
		case 2:
		case 3:
			at = kmm_vm_map_ram(w->it, cpu, pages, n);
			if (at &&
			    kmm_vmalloc_to_page(w->it, at + (n - 1) * UINT64_C(4096)) != pages[0])
				return complain(w, "no page behind an address");
			return !at || hold(w, at, n * UINT64_C(4096), 3);
		default:
			at = kmm_vmalloc(w->it, cpu, size);
			if (at && kmm_vmalloc_to_page(w->it, at + size - 1) == KMM_NO_PFN)
				return complain(w, "no page behind an address");
			return !at || hold(w, at, size, 2);
		}
	}
	h = drop(w, o->b);
	if (h.extra == 0)
		kmm_iounmap(w->it, h.at);
	else if (h.extra == 1)
		kmm_vunmap(w->it, h.at);
	else if (h.extra == 3)
		kmm_vm_unmap_ram(w->it, h.at, (unsigned)(h.size / 4096));
	else if (o->a & 0x1000 && w->generation != KMM_LINUX_2_6)
		kmm_vfree_atomic(w->it, cpu, h.at);
	else
		kmm_vfree(w->it, cpu, h.at);
	kmm_vmalloc_stats(w->it, &s);
	return !s.bad_frees || complain(w, "a free was refused");
}

static int vmalloc_validate(const struct world *w, char *why, size_t n)
{
	return kmm_vmalloc_validate(w->it, why, n);
}

static void vmalloc_end(struct world *w)
{
	kmm_vmalloc_destroy(w->it);
}

/* ---- per-CPU memory ---- */

static bool percpu_start(struct world *w, const struct subject *s)
{
	struct kmm_percpu_config c;

	kmm_percpu_config_init(&c);
	c.static_size = 5000;
	c.reserved_size = s->option ? 3000 : 0;
	c.dyn_size = 9000;
	c.atom_size = s->option ? 65536 : 4096;
	w->it = kmm_percpu_create(w->mm, &c);
	return w->it;
}

static bool percpu_step(struct world *w, const struct op *o)
{
	unsigned cpu = o->b & 1;
	uint64_t ptr;

	if (kmm_percpu_balance_pending(w->it) && o->a % 11 == 0)
		kmm_percpu_balance(w->it, cpu);
	if (wants_more(w, o)) {
		size_t size = 1 + (o->b >> 1) % (o->a & 0x700 ? 300 : 12000);
		kmm_gfp gfp = o->a & 0x1800 ? GFP_KERNEL : GFP_ATOMIC;

		if (o->a % 17 == 0)
			ptr = kmm_alloc_reserved_percpu(w->it, cpu, size, 8);
		else
			ptr = kmm_alloc_percpu_gfp(w->it, cpu, size, 1u << (o->b >> 20 & 7), gfp);
		return ptr == KMM_NO_PTR || hold(w, ptr, size, 0);
	}
	kmm_free_percpu(w->it, drop(w, o->b >> 1).at);
	return true;
}

static int percpu_validate(const struct world *w, char *why, size_t n)
{
	return kmm_percpu_validate(w->it, why, n);
}

static void percpu_end(struct world *w)
{
	kmm_percpu_destroy(w->it);
}

/* Two nodes' units apart, chunks in a vmalloc window. */
struct numa {
	struct kmm_vmalloc *vm;
	struct kmm_percpu *p;
};

static bool numa_start(struct world *w, const struct subject *s)
{
	struct numa *n = calloc(1, sizeof(*n));
	struct kmm_vmalloc_config vc;
	struct kmm_percpu_config c;

	(void)s;
	w->it = n;
	if (!n)
		return false;
	kmm_vmalloc_config_init(&vc, KMM_X86_64, KMM_LINUX_6_1, 0);
	vc.lazy_max = 64;
	kmm_percpu_config_init(&c);
	c.static_size = 5000;
	c.reserved_size = 0;
	c.dyn_size = 9000;
	c.atom_size = 4096;
	c.node_addr[1] = c.base_addr + (1u << 20);
	c.vmalloc = n->vm = kmm_vmalloc_create(w->mm, &vc);
	n->p = n->vm ? kmm_percpu_create(w->mm, &c) : NULL;
	return n->p;
}

static bool numa_step(struct world *w, const struct op *o)
{
	struct numa *n = w->it;
	bool ok;

	w->it = n->p;
	ok = percpu_step(w, o);
	w->it = n;
	return ok;
}

static int numa_validate(const struct world *w, char *why, size_t len)
{
	const struct numa *n = w->it;
	int ret = kmm_percpu_validate(n->p, why, len);

	return ret ? ret : kmm_vmalloc_validate(n->vm, why, len);
}

static void numa_end(struct world *w)
{
	struct numa *n = w->it;

	kmm_percpu_destroy(n->p);
	if (n->vm)
		kmm_vmalloc_destroy(n->vm);
	free(n);
}

/* ---- high memory ---- */

static bool highmem_start(struct world *w, const struct subject *s)
{
	struct kmm_highmem_config c;

	kmm_highmem_config_init(&c, s->option ? KMM_ARM : KMM_X86_32_PAE, s->generation, 100);
	c.pkmap_slots = 64;
	c.cpus = 2;
	c.tasks = 8;
	w->it = kmm_highmem_create(&c);
	return w->it;
}

/* Held: page and number of its maps, for as long as it has any. */
static bool highmem_kmap(struct world *w, const struct op *o)
{
	kmm_pfn pfn = 50 + o->b % 300;
	uint64_t at, again;
	unsigned woken, i;

	for (i = 0; i < w->n && w->held[i].at != pfn; i++)
		;
	if (wants_more(w, o)) {
		if (kmm_kmap(w->it, o->a >> 8 & 7, o->a & 0x1000, pfn, &at))
			return true;
		again = kmm_page_address(w->it, pfn);
		if (at != again)
			return complain(w, "a mapped page has another address");
		if (i == w->n)
			return hold(w, pfn, 1, 1);
		w->held[i].extra++;
		return true;
	}
	i = o->b % w->n;
	if (kmm_kunmap(w->it, (kmm_pfn)w->held[i].at, &woken) < 0)
		return complain(w, "a mapped page cannot be unmapped");
	if (!--w->held[i].extra)
		drop(w, i);
	return true;
}

static bool highmem_step(struct world *w, const struct op *o)
{
	uint64_t at;
	unsigned cpu = o->b >> 16 & 1, task = 2 * (o->b >> 17 & 3) + cpu;

	if (o->a % 3)
		return highmem_kmap(w, o);
	/* A pair of temporary maps, left in order. */
	if (!kmm_kmap_atomic(w->it, task, cpu, 50 + o->b % 300, o->a >> 8 & 7, &at) &&
	    kmm_kunmap_atomic(w->it, task, cpu, at, o->a >> 8 & 7))
		return complain(w, "a temporary map cannot be undone");
	return true;
}

static int highmem_validate(const struct world *w, char *why, size_t n)
{
	return kmm_highmem_validate(w->it, why, n);
}

static void highmem_end(struct world *w)
{
	kmm_highmem_destroy(w->it);
}

/* ---- boot memory ---- */

static bool memblock_start(struct world *w, const struct subject *s)
{
	w->it = kmm_memblock_create();
	if (w->it)
		kmm_memblock_set_bottom_up(w->it, s->option);
	return w->it && !kmm_memblock_add(w->it, 4096, UINT64_C(4) << 20, 0, 0) &&
	       !kmm_memblock_add(w->it, UINT64_C(6) << 20, UINT64_C(1) << 20, 1, 0);
}

static bool memblock_step(struct world *w, const struct op *o)
{
	uint64_t size, at;
	struct held h;

	if (wants_more(w, o)) {
		size = 1 + o->b % 70000;
		at = kmm_memblock_alloc(w->it, size, 1u << (o->a >> 8 & 15), o->b % (8u << 20), 0,
					(int)(o->a >> 12 & 3) - 1, o->a & 0x4000);
		if (at == KMM_NO_PHYS)
			return true;
		w->used += size;
		return hold(w, at, size, 0);
	}
	h = drop(w, o->b);
	w->used -= h.size;
	return !kmm_memblock_free(w->it, h.at, h.size);
}

static int memblock_validate(const struct world *w, char *why, size_t n)
{
	if (kmm_memblock_reserved_size(w->it) != w->used) {
		snprintf(why, n, "the reserved sizes do not add up");
		return -1;
	}
	return kmm_memblock_validate(w->it, why, n);
}

static void memblock_end(struct world *w)
{
	kmm_memblock_destroy(w->it);
}

/* ---- pages ---- */

static bool pages_start(struct world *w, const struct subject *s)
{
	struct kmm_pages_config c = { .direct_map = UINT64_C(1) << 40, .highmem = KMM_NO_PFN };

	(void)s;
	w->it = kmm_pages_create(w->mm, &c);
	return w->it;
}

/* Held: address and bytes; extra: order, or 100 for exact pages. */
static bool pages_step(struct world *w, const struct op *o)
{
	unsigned cpu = o->b & 1, order = o->a >> 8 & 3;
	uint64_t at, size;
	struct held h;

	if (wants_more(w, o)) {
		if (o->a & 0x400) {
			at = kmm_get_free_pages(w->it, cpu, GFP_KERNEL, order);
			return !at || hold(w, at, UINT64_C(4096) << order, order);
		}
		size = 1 + o->b % 60000;
		at = kmm_alloc_pages_exact(w->it, cpu, size, GFP_KERNEL);
		return !at || hold(w, at, size, 100);
	}
	h = drop(w, o->b);
	if (kmm_page_count(w->it, kmm_virt_to_page(w->it, h.at)) != 1)
		return complain(w, "a page in use has not one user");
	if (h.extra == 100)
		kmm_free_pages_exact(w->it, cpu, h.at, h.size);
	else
		kmm_free_pages_addr(w->it, cpu, h.at, h.extra);
	return kmm_pages_stats(w->it)->bad_puts ? complain(w, "a free was refused") : true;
}

static int pages_validate(const struct world *w, char *why, size_t n)
{
	return kmm_pages_validate(w->it, why, n);
}

static void pages_end(struct world *w)
{
	while (w->n) {
		struct held h = drop(w, 0);

		if (h.extra == 100)
			kmm_free_pages_exact(w->it, 0, h.at, h.size);
		else
			kmm_free_pages_addr(w->it, 0, h.at, h.extra);
	}
	kmm_pages_destroy(w->it);
}

/* ---- running ---- */

static struct kmm *new_machine(enum kmm_generation g, unsigned nodes)
{
	struct kmm_config c = config_of(g);
	char why[200];
	struct kmm *mm;

	c.nodes = nodes;
	for (unsigned i = 0; i < nodes; i++) {
		struct kmm_zone_config *z = config_zone(&c, i, KMM_ZONE_NORMAL, i * FRAMES / nodes,
							FRAMES / nodes);

		z->pcp_batch = 7;
		z->pcp_high = 40;
		c.cpu_node[i] = (uint8_t)i;
	}
	mm = kmm_create(&c, why, sizeof(why));
	if (mm && kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE)) {
		kmm_destroy(mm);
		mm = NULL;
	}
	return mm;
}

/* True if all went well and every page came back.  *at: the operation that failed. */
static bool run(struct world *w, const struct subject *s, const struct op *ops, unsigned n,
		unsigned stride, unsigned *at)
{
	uint64_t whole = 0;
	bool ok;

	memset(w, 0, sizeof(*w));
	*at = 0;
	w->generation = s->generation;
	w->mm = new_machine(s->generation, s->nodes ? s->nodes : 1);
	if (!w->mm)
		return complain(w, "no machine");
	ok = s->start(w, s) || complain(w, "no allocator");
	for (; ok && *at < n; ++*at) {
		ok = s->step(w, &ops[*at]);
		if (ok && *at % stride == 0)
			ok = !s->validate(w, w->why, sizeof(w->why));
		if (ok && *at % (64 * stride) == 0)
			ok = !kmm_validate(w->mm, w->why, sizeof(w->why));
		if (!ok)
			break;
	}
	if (w->it)
		s->end(w);
	kmm_drain_pages(w->mm, 0, 0, KMM_ZONES);
	kmm_drain_pages(w->mm, 0, 1, KMM_ZONES);
	for (unsigned i = 0; i < (s->nodes ? s->nodes : 1); i++)
		whole += kmm_zone_free_pages(w->mm, i);
	if (ok && whole != FRAMES)
		ok = complain(w, "pages did not come back");
	if (ok && kmm_stats(w->mm)->bad_frees)
		ok = complain(w, "the machine refused a free");
	kmm_destroy(w->mm);
	return ok;
}

static void generate(struct op *ops, unsigned n, uint64_t seed)
{
	for (unsigned i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		ops[i].a = (uint32_t)(seed >> 33);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		ops[i].b = (uint32_t)(seed >> 32);
	}
}

/* Leave out ever smaller parts for as long as the rest still fails. */
static unsigned shrink(struct world *w, const struct subject *s, struct op *ops, unsigned n)
{
	struct op *trial = malloc(n * sizeof(*trial));
	unsigned at;

	for (unsigned part = n / 2; trial && part; part /= 2) {
		for (unsigned from = 0; from < n;) {
			unsigned gone = part < n - from ? part : n - from;

			memcpy(trial, ops, from * sizeof(*ops));
			memcpy(trial + from, ops + from + gone, (n - from - gone) * sizeof(*ops));
			if (n > gone && !run(w, s, trial, n - gone, 1, &at)) {
				n -= gone;
				memcpy(ops, trial, n * sizeof(*ops));
			} else {
				from += part;
			}
		}
	}
	free(trial);
	return n;
}

static void check_sequence(struct world *w, const struct subject *s, unsigned n, uint64_t seed,
			   unsigned stride)
{
	struct op *ops = calloc(n, sizeof(*ops));
	unsigned at = 0;

	assert_true(ops && n);
	generate(ops, n, seed);
	if (!run(w, s, ops, n, stride, &at)) {
		fprintf(stderr, "%s: after %u operations: %s\n", s->name, at, w->why);
		n = shrink(w, s, ops, at < n ? at + 1 : n);
		run(w, s, ops, n, 1, &at);
		for (unsigned i = 0; i < n && i < 100; i++)
			fprintf(stderr, "  a %#x b %#x\n", ops[i].a, ops[i].b);
		fail_msg("%s: %u operations suffice: %s", s->name, n, w->why);
	}
	free(ops);
}

static unsigned long number_from(const char *name, unsigned long def)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : def;
}

#define VMALLOC vmalloc_start, vmalloc_step, vmalloc_validate, vmalloc_end
#define PERCPU percpu_start, percpu_step, percpu_validate, percpu_end
#define NUMA numa_start, numa_step, numa_validate, numa_end
#define HIGHMEM highmem_start, highmem_step, highmem_validate, highmem_end
#define MEMBLOCK memblock_start, memblock_step, memblock_validate, memblock_end
#define PAGES pages_start, pages_step, pages_validate, pages_end

static const struct subject subjects[] = {
	{ "vmalloc 2.6", KMM_LINUX_2_6, VMALLOC, false },
	{ "vmalloc 6.1", KMM_LINUX_6_1, VMALLOC, false },
	{ "vmalloc 6.18", KMM_LINUX_6_18, VMALLOC, false },
	{ "vmalloc huge", KMM_LINUX_6_1, VMALLOC, true },
	{ "percpu", KMM_LINUX_6_1, PERCPU, false },
	{ "percpu reserved", KMM_LINUX_6_1, PERCPU, true },
	{ "percpu numa", KMM_LINUX_6_1, NUMA, false, 2 },
	{ "highmem 2.6", KMM_LINUX_2_6, HIGHMEM, false },
	{ "highmem 5.10", KMM_LINUX_5_10, HIGHMEM, false },
	{ "highmem 6.1", KMM_LINUX_6_1, HIGHMEM, false },
	{ "highmem arm", KMM_LINUX_6_1, HIGHMEM, true },
	{ "memblock", KMM_LINUX_6_1, MEMBLOCK, false },
	{ "memblock bottom up", KMM_LINUX_6_1, MEMBLOCK, true },
	{ "pages 2.6", KMM_LINUX_2_6, PAGES, false },
	{ "pages 6.1", KMM_LINUX_6_1, PAGES, false },
};

#define SUBJECTS (sizeof(subjects) / sizeof(*subjects))

static uint64_t seed_from(void)
{
	return number_from("KMEMLAB_PROPERTY_SEED", 20263) * 0x9e3779b97f4a7c15ull | 1;
}

static void test_subject(void **state)
{
	const struct subject *s = *state;
	const char *quick = getenv("QUICK");
	unsigned n = (unsigned)number_from("KMEMLAB_PROPERTY_OPS",
					   quick && *quick ? QUICK_OPS : DEFAULT_OPS);
	struct world *w = malloc(sizeof(*w));

	assert_non_null(w);
	check_sequence(w, s, n, seed_from(), 1);
	check_sequence(w, s, 20 * n, ~seed_from(), 1000);
	free(w);
}

/* Each thread its own machines: nothing is shared. */
static void *run_all(void *arg)
{
	struct world *w = malloc(sizeof(*w));
	static const unsigned n = 2000;
	struct op *ops = calloc(n, sizeof(*ops));
	bool *ok = arg;
	unsigned at;

	*ok = w && ops;
	if (*ok)
		generate(ops, n, seed_from());
	for (unsigned i = 0; *ok && i < SUBJECTS; i++)
		*ok = run(w, &subjects[i], ops, n, 16, &at);
	free(ops);
	free(w);
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t thread[THREADS];
	bool ok[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, run_all, &ok[i]), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_true(ok[i]);
	}
}

int main(void)
{
	struct CMUnitTest tests[SUBJECTS + 1];

	for (unsigned i = 0; i < SUBJECTS; i++)
		tests[i] = (struct CMUnitTest){ subjects[i].name, test_subject, NULL, NULL,
						(void *)(uintptr_t)&subjects[i] };
	tests[SUBJECTS] = (struct CMUnitTest)cmocka_unit_test(test_threads);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
