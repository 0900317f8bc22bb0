// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/touches.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION_PAGES 4096 /* of a region that are touched at most, each time */
#define REGION_TIMES 1024 /* more than the samples of an aggregation that DAMON allows by default */
#define COLUMNS 32

int touches_init(struct touches *x, const struct tlb_model *const *models, unsigned n,
		 unsigned cpus, struct err *e)
{
	memset(x, 0, sizeof(*x));
	for (unsigned i = 0; i < n; i++)
		for (unsigned s = 0; s < TLB_SIZES; s++) {
			int ret = x->count < TOUCHES_TLBS ? tlb_init(&x->t[x->count], models[i],
								     (enum tlb_size)s, cpus) :
							    -ENOENT;

			if (!ret)
				x->count++;
			else if (ret == -ENOMEM)
				return err_set(e, ENOMEM, "out of memory");
		}
	return 0;
}

void touches_free(struct touches *x)
{
	for (unsigned i = 0; i < x->count; i++)
		tlb_free(&x->t[i]);
	memset(x, 0, sizeof(*x));
}

static void touch(struct touches *x, uint32_t cpu, uint64_t address)
{
	for (unsigned i = 0; i < x->count; i++)
		tlb_access(&x->t[i], cpu, address);
}

/* ---- implied ---- */

struct addresses {
	uint64_t *of; /* [slots] of the objects that live */
	uint32_t slots;
};

static int remember(struct addresses *a, const struct request *q)
{
	if (q->slot == NO_SLOT)
		return 0;
	if (q->slot >= a->slots) {
		uint32_t n = q->slot + q->slot / 2 + 1024;
		uint64_t *more = realloc(a->of, n * sizeof(*more));

		if (!more)
			return -ENOMEM;
		memset(more + a->slots, 0, (n - a->slots) * sizeof(*more));
		a->of = more;
		a->slots = n;
	}
	a->of[q->slot] = q->addr;
	return 0;
}

static void object(struct touches *x, unsigned cpu, uint64_t address)
{
	if (address < 4096)
		return;
	touch(x, cpu, address);
	x->objects++;
}

static int imply(struct touches *x, struct addresses *a, const struct request *q, uint64_t base)
{
	switch (q->sig.op) {
	case REQ_OBJ_ALLOC:
		object(x, q->cpu, q->addr);
		return remember(a, q);
	case REQ_OBJ_FREE:
		object(x, q->cpu,
		       q->slot == NO_SLOT ? q->addr :
		       q->slot < a->slots ? a->of[q->slot] :
					    0);
		return 0;
	case REQ_PAGE_ALLOC:
		if (!base || q->pfn == KMM_NO_PFN || !(q->sig.gfp & KMM_GFP_ZERO) ||
		    q->sig.flags & (REQ_FAILED | REQ_IMPLIED))
			return 0;
		touch(x, q->cpu, base + ((uint64_t)q->pfn << 12));
		x->pages++;
		return 0;
	default:
		return 0;
	}
}

int touches_imply(struct touches *x, struct kmw_reader *k, const struct machine *m, struct err *e)
{
	struct request *q = malloc(KMW_BLOCK_RECORDS * sizeof(*q));
	struct kmw_scratch *scratch = kmw_scratch_new();
	struct addresses a = { NULL, 0 };
	uint32_t blocks = kmw_block_count(k);
	int ret = q && scratch ? 0 : err_set(e, ENOMEM, "out of memory");

	for (uint32_t b = 0; b < blocks && ret >= 0; b++) {
		int n = kmw_block_read(k, b, q, scratch, e);

		ret = n < 0 ? n : 0;
		for (int i = 0; i < n && ret >= 0; i++)
			if (imply(x, &a, &q[i], m->direct_map_base))
				ret = err_set(e, ENOMEM, "out of memory for the objects' places");
	}
	free(a.of);
	kmw_scratch_free(scratch);
	free(q);
	return ret;
}

/* ---- a file ---- */

struct input {
	struct touches *x;
	int addr_column, columns; /* of a table by its heading; -1: none yet */
};

/* Up to `times` sweeps over a region, as DAMON saw its accesses. */
static void region(struct touches *x, uint64_t start, uint64_t end, uint64_t times)
{
	uint64_t pages = ((end + 4095) >> 12) - (start >> 12);
	uint64_t step = (pages + REGION_PAGES - 1) / REGION_PAGES;

	x->regions++;
	if (times > REGION_TIMES)
		times = REGION_TIMES;
	for (uint64_t t = 0; t < times; t++)
		for (uint64_t p = 0; p < pages; p += step)
			touch(x, 0, ((start >> 12) + p) << 12);
}

/* "563ebaa00000-563ebc99e000(  31.617 MiB):\t2", or "START-END: 2 17" behind other words. */
static bool damon_region(struct input *in, const char *line)
{
	unsigned long long start, end, n;
	int at = 0;

	if (sscanf(line, " %llx-%llx(%*[^)]):%llu", &start, &end, &n) == 3 && end > start) {
		region(in->x, start, end, n);
		return true;
	}
	line = strstr(line, "damon_aggregated:");
	if (!line)
		return false;
	line = strstr(line, "nr_regions=");
	/* The trace point has its addresses in decimal. */
	if (!line || sscanf(line, "nr_regions=%*s %llu-%llu: %llu%n", &start, &end, &n, &at) != 3 ||
	    end <= start)
		return false;
	region(in->x, start, end, n);
	return true;
}

/* "# PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL": which column has the address. */
static bool heading(struct input *in, const char *line)
{
	char copy[1024], *save = NULL;
	int n = 0, at = -1;

	if (*line != '#' || !strchr(line, ','))
		return false;
	snprintf(copy, sizeof(copy), "%s", line + 1);
	for (char *word = strtok_r(copy, ",", &save); word && n < COLUMNS;
	     word = strtok_r(NULL, ",", &save), n++) {
		word += strspn(word, " \t");
		if (!strncmp(word, "ADDR", 4) && (!word[4] || isspace((unsigned char)word[4])))
			at = n;
	}
	if (at < 0)
		return false;
	in->addr_column = at;
	in->columns = n;
	return true;
}

static bool by_column(struct input *in, const char *line)
{
	const char *p = line;
	char *end;
	uint64_t v;

	if (in->addr_column < 0)
		return false;
	/* "perf mem -D report" parts its columns by spaces or by what -x said. */
	for (int i = 0; i < in->addr_column && p; i++) {
		p += strspn(p, " \t");
		p = strpbrk(p, " \t,;");
		p = p ? p + strspn(p, " \t,;") : NULL;
	}
	if (!p)
		return false;
	v = strtoull(p, &end, 16);
	if (end == p)
		return false;
	touch(in->x, 0, v);
	in->x->given++;
	return true;
}

/* "[CPU] ADDRESS", or the words of perf script: "... [003] 12.34: 1 event: ADDRESS ...". */
static bool sample(struct input *in, const char *line)
{
	const char *p = strchr(line, '['), *event;
	unsigned cpu = 0;
	char *end;
	uint64_t v;

	if (p && sscanf(p, "[%u]", &cpu) == 1) {
		p = strchr(p, ']') + 1;
		/* Behind the event's name and its colon, where there is one. */
		event = strstr(p, ": ");
		while (event) {
			p = event + 1;
			event = strstr(p, ": ");
		}
	} else {
		cpu = 0;
		p = line;
	}
	p += strspn(p, " \t");
	errno = 0;
	v = strtoull(p, &end, 16);
	if (end == p || errno || (*end && !isspace((unsigned char)*end)))
		return false;
	touch(in->x, cpu, v);
	in->x->given++;
	return true;
}

/* What damo report raw says besides the regions. */
static bool is_remark(const char *line)
{
	static const char *const words[] = { "base_time_absolute:", "monitoring_",
					     "target_id:", "nr_regions:" };

	line += strspn(line, " \t\r\n");
	if (!*line || *line == '#')
		return true;
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strncmp(line, words[i], strlen(words[i])))
			return true;
	return false;
}

int touches_read(struct touches *x, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	struct input in = { x, -1, 0 };
	char line[1024];
	unsigned long number = 0;
	int ret = 0;

	if (!f)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	while (ret >= 0 && fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (heading(&in, line) || is_remark(line) || damon_region(&in, line) ||
		    by_column(&in, line) || sample(&in, line))
			continue;
		ret = err_set(e, EBADMSG,
			      "%s: line %lu: neither \"[CPU] ADDRESS\", nor a line of perf script, "
			      "perf mem or damo",
			      path, number);
	}
	if (ret >= 0 && ferror(f))
		ret = err_set(e, EIO, "%s: cannot be read", path);
	if (ret >= 0 && !x->given && !x->regions)
		ret = err_set(e, ENODATA, "%s: holds no address", path);
	fclose(f);
	return ret;
}
