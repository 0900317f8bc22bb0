// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gentrace: a trace.dat of any length with a bounded live set, for tests of
 * memory, speed and file variants.  Pages, slab objects and kmallocs are
 * allocated and freed at random from a fixed number of places; what was written
 * is printed as "EVENT COUNT" lines, "lost COUNT" among them, sorted by name.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>

#include "tests/gen/datwriter.h"

#define PLACES 4096 /* live blocks and objects at most, of each kind */
#define BASE64 0xffff888000000000ull
#define BASE32 0xc0000000u

struct field {
	const char *type, *name;
	unsigned size; /* 0: a long of the traced kernel */
	bool is_signed;
};

enum { PAGE_ALLOC, PAGE_FREE, KMALLOC, KFREE, EVENTS };

struct kind {
	const char *name, *print;
	struct field f[7];
};

/* Linux 6.1 as captured; the print formats are cut to what names the fields and GFP bits. */
static const struct kind modern[EVENTS] = {
	[PAGE_ALLOC] = { "mm_page_alloc",
			 "\"pfn=0x%%lx order=%%d migratetype=%%d gfp_flags=%%s\", REC->pfn, "
			 "REC->order, REC->migratetype, (REC->gfp_flags) ? "
			 "__print_flags(REC->gfp_flags, \"|\", {0xcc0, \"GFP_KERNEL\"}, {0x8, "
			 "\"__GFP_MOVABLE\"}, {0x2, \"__GFP_HIGHMEM\"}) : \"none\"",
			 { { "unsigned long", "pfn", 0, false },
			   { "unsigned int", "order", 4, false },
			   { "unsigned long", "gfp_flags", 0, false },
			   { "int", "migratetype", 4, true } } },
	[PAGE_FREE] = { "mm_page_free",
			"\"pfn=0x%%lx order=%%d\", REC->pfn, REC->order",
			{ { "unsigned long", "pfn", 0, false },
			  { "unsigned int", "order", 4, false } } },
	[KMALLOC] = { "kmalloc",
		      "\"call_site=%%lx ptr=%%p bytes_req=%%zu bytes_alloc=%%zu gfp_flags=%%s\", "
		      "REC->call_site, REC->ptr, REC->bytes_req, REC->bytes_alloc, "
		      "(REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", {0xcc0, "
		      "\"GFP_KERNEL\"}, {0x8, \"__GFP_MOVABLE\"}) : \"none\"",
		      { { "unsigned long", "call_site", 0, false },
			{ "const void *", "ptr", 0, false },
			{ "size_t", "bytes_req", 0, false },
			{ "size_t", "bytes_alloc", 0, false },
			{ "unsigned long", "gfp_flags", 0, false } } },
	[KFREE] = { "kfree",
		    "\"call_site=%%lx ptr=%%p\", REC->call_site, REC->ptr",
		    { { "unsigned long", "call_site", 0, false },
		      { "const void *", "ptr", 0, false } } },
};

/* Linux 2.6.32: struct page pointers, and the GFP bits of that time. */
static const struct kind old[EVENTS] = {
	[PAGE_ALLOC] = { "mm_page_alloc",
			 "\"page=%%p order=%%d migratetype=%%d gfp_flags=%%s\", REC->page, "
			 "REC->order, REC->migratetype, (REC->gfp_flags) ? "
			 "__print_flags(REC->gfp_flags, \"|\", {0xd0, \"GFP_KERNEL\"}, {0x8, "
			 "\"GFP_MOVABLE\"}, {0x2, \"GFP_HIGHMEM\"}) : \"GFP_NOWAIT\"",
			 { { "struct page *", "page", 0, false },
			   { "unsigned int", "order", 4, false },
			   { "gfp_t", "gfp_flags", 4, false },
			   { "int", "migratetype", 4, true } } },
	[PAGE_FREE] = { "mm_page_free_direct",
			"\"page=%%p order=%%d\", REC->page, REC->order",
			{ { "struct page *", "page", 0, false },
			  { "unsigned int", "order", 4, false } } },
	[KMALLOC] = { "kmalloc",
		      "\"call_site=%%lx ptr=%%p bytes_req=%%zu bytes_alloc=%%zu gfp_flags=%%s\", "
		      "REC->call_site, REC->ptr, REC->bytes_req, REC->bytes_alloc, "
		      "(REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", {0xd0, "
		      "\"GFP_KERNEL\"}, {0x8, \"GFP_MOVABLE\"}) : \"GFP_NOWAIT\"",
		      { { "unsigned long", "call_site", 0, false },
			{ "const void *", "ptr", 0, false },
			{ "size_t", "bytes_req", 0, false },
			{ "size_t", "bytes_alloc", 0, false },
			{ "gfp_t", "gfp_flags", 4, false } } },
	[KFREE] = { "kfree",
		    "\"call_site=%%lx ptr=%%p\", REC->call_site, REC->ptr",
		    { { "unsigned long", "call_site", 0, false },
		      { "const void *", "ptr", 0, false } } },
};

struct gen {
	struct dw w;
	const struct kind *kinds;
	bool is_old;
	unsigned ls; /* long size */
	uint64_t time, random, counts[EVENTS], lost;
	uint8_t page_live[PLACES], object_live[PLACES];
};

/* xorshift64 (Marsaglia, 2003) */
static uint64_t roll(struct gen *g)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return g->random;
}

static unsigned field_size(const struct gen *g, const struct field *f)
{
	return f->size ? f->size : g->ls;
}

static unsigned aligned(unsigned at, unsigned size)
{
	return (at + size - 1) & ~(size - 1);
}

static void add_format(struct gen *g, unsigned id)
{
	const struct kind *k = &g->kinds[id];
	unsigned at = 8;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f) {
		g->w.failed = true;
		return;
	}
	fprintf(f,
		"name: %s\nID: %u\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n",
		k->name, 100 + id);
	for (const struct field *p = k->f; p->name; p++) {
		unsigned size = field_size(g, p);

		at = aligned(at, size);
		fprintf(f, "\tfield:%s %s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", p->type, p->name,
			at, size, p->is_signed);
		at += size;
	}
	fputs("\nprint fmt: ", f);
	for (const char *p = k->print; *p; p++) {
		fputc(*p, f);
		p += p[0] == '%' && p[1] == '%';
	}
	fputc('\n', f);
	if (fclose(f))
		g->w.failed = true;
	dw_format(&g->w, "kmem", text);
}

static bool put(struct gen *g, unsigned cpu, unsigned id, const uint64_t *v)
{
	uint8_t rec[128] = { 0 };
	unsigned at = 8;

	dw_store(&g->w, rec, 100 + id, 2);
	dw_store(&g->w, rec + 4, 1000 + cpu, 4);
	for (const struct field *p = g->kinds[id].f; p->name; p++) {
		unsigned size = field_size(g, p);

		at = aligned(at, size);
		dw_store(&g->w, rec + at, *v++, size);
		at += size;
	}
	g->counts[id]++;
	return dw_add(&g->w, 0, cpu, g->time, rec, at);
}

static uint64_t page_value(const struct gen *g, unsigned place)
{
	uint64_t pfn = 0x1000 + 8ull * place;

	if (!g->is_old)
		return pfn;
	return g->ls == 8 ? 0xffffea0000000000ull + pfn * 56 : 0xc1000000u + pfn * 32;
}

static bool page_event(struct gen *g, unsigned cpu)
{
	unsigned place = (unsigned)(roll(g) % PLACES);
	uint64_t order = place % 4;

	g->page_live[place] ^= 1;
	if (g->page_live[place])
		return put(g, cpu, PAGE_ALLOC,
			   (const uint64_t[]){ page_value(g, place), order,
					       g->is_old ? 0xd0 : 0xcc0, 0 });
	return put(g, cpu, PAGE_FREE, (const uint64_t[]){ page_value(g, place), order });
}

static bool object_event(struct gen *g, unsigned cpu)
{
	unsigned place = (unsigned)(roll(g) % PLACES);
	uint64_t site = (g->ls == 8 ? 0xffffffff81000000ull : 0xc0100000u) + place % 64 * 16;
	uint64_t ptr = (g->ls == 8 ? BASE64 : BASE32) + 0x8000000u + 128ull * place;

	g->object_live[place] ^= 1;
	if (g->object_live[place])
		return put(g, cpu, KMALLOC,
			   (const uint64_t[]){ site, ptr, 100 + place % 28, 128,
					       g->is_old ? 0xd0 : 0xcc0 });
	return put(g, cpu, KFREE, (const uint64_t[]){ site, ptr });
}

static int usage(void)
{
	fputs("gentrace -o FILE [-n EVENTS] [-c CPUS] [-V 6|7] [-z zlib|zstd] [-b big endian] "
	      "[-l 4|8 long size] [-k old|new] [-i INSTANCE] [-L LOSSES] [-u unknown losses] "
	      "[-O odd records] [-s SEED]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct dw_options o = { .cpus = 2, .long_size = 8, .version = 6, .clock = "global" };
	static struct gen g = { .random = 88172645463325252ull, .time = 1000000000 };
	const char *path = NULL;
	uint64_t events = 100000, losses = 0;
	bool unknown = false;
	int c;

	while ((c = getopt(argc, argv, "o:n:c:V:z:bl:k:i:L:uOs:")) != -1) {
		switch (c) {
		case 'o':
			path = optarg;
			break;
		case 'n':
			events = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			o.cpus = (unsigned)atoi(optarg);
			break;
		case 'V':
			o.version = (unsigned)atoi(optarg);
			break;
		case 'z':
			o.packing = strcmp(optarg, "zlib") ? DW_ZSTD : DW_ZLIB;
			break;
		case 'b':
			o.big_endian = true;
			break;
		case 'l':
			o.long_size = (unsigned)atoi(optarg);
			break;
		case 'k':
			g.is_old = !strcmp(optarg, "old");
			break;
		case 'i':
			o.instance = optarg;
			break;
		case 'L':
			losses = strtoull(optarg, NULL, 0);
			break;
		case 'u':
			unknown = true;
			break;
		case 'O':
			o.odd = true;
			break;
		case 's':
			g.random ^= strtoull(optarg, NULL, 0) << 20;
			break;
		default:
			return usage();
		}
	}
	if (!path || optind != argc || !events || (o.long_size != 4 && o.long_size != 8) ||
	    dw_open(&g.w, path, &o) < 0)
		return usage();
	g.ls = o.long_size;
	g.kinds = g.is_old ? old : modern;
	for (unsigned id = 0; id < EVENTS; id++)
		add_format(&g, id);
	for (uint64_t i = 0; i < events; i++) {
		unsigned cpu = (unsigned)(roll(&g) % o.cpus);

		if (losses && i % (events / losses + 1) == events / losses) {
			dw_lose(&g.w, cpu, unknown ? 0 : 7);
			g.lost += unknown ? 0 : 7;
		}
		g.time += roll(&g) % 4096 ? 400 + roll(&g) % 200 : 300000000;
		if (!(roll(&g) % 2 ? page_event(&g, cpu) : object_event(&g, cpu)))
			g.w.failed = true;
	}
	if (dw_close(&g.w) < 0) {
		fprintf(stderr, "gentrace: %s could not be written\n", path);
		return 1;
	}
	printf("%s %llu\n%s %llu\nlost %llu\n%s %llu\n%s %llu\n", g.kinds[KFREE].name,
	       (unsigned long long)g.counts[KFREE], g.kinds[KMALLOC].name,
	       (unsigned long long)g.counts[KMALLOC], (unsigned long long)g.lost,
	       g.kinds[PAGE_ALLOC].name, (unsigned long long)g.counts[PAGE_ALLOC],
	       g.kinds[PAGE_FREE].name, (unsigned long long)g.counts[PAGE_FREE]);
	return 0;
}
