// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * digest: the ordered lists as text, a list a line, for embedding in a workload:
 *
 *	source TEXT
 *	pcp ZONE CPU COUNT HIGH BATCH FREE_FACTOR EXPIRE
 *	list ZONE CPU ORDER TYPE: RUN...
 *
 * CPU is -1 for a free list.  A run is a pfn, or two with .. between: frames one
 * block (2^ORDER frames) apart, upwards or downwards.  Heads first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/lists.h"
#include "machine/parse.h"

static void print_list(const struct machine_list *l, const uint32_t *pfn, FILE *f)
{
	int64_t step = 1ll << l->order;

	fprintf(f, "list %u %d %u %u:", l->zone, l->cpu, l->order, l->type);
	for (uint32_t i = 0; i < l->count;) {
		uint32_t n = 1;
		int64_t by = i + 1 < l->count ? (int64_t)pfn[i + 1] - pfn[i] : 0;

		while (i + n < l->count && (by == step || by == -step) &&
		       (int64_t)pfn[i + n] - pfn[i + n - 1] == by)
			n++;
		if (n > 1)
			fprintf(f, " %x..%x", pfn[i], pfn[i + n - 1]);
		else
			fprintf(f, " %x", pfn[i]);
		i += n;
	}
	fputc('\n', f);
}

int machine_lists_text(const struct machine *m, const struct machine_state *s, struct blob *out, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	(void)m;
	if (!s->have_lists)
		return -ENOENT;
	f = open_memstream(&text, &len);
	if (!f)
		return err_set(e, ENOMEM, "out of memory for the lists");
	fprintf(f, "source %s\n", s->lists_source);
	for (uint32_t i = 0; i < s->pcp_count; i++) {
		const struct machine_pcp *p = &s->pcps[i];

		fprintf(f, "pcp %u %u %d %d %d %d %d\n", p->zone, p->cpu, p->count, p->high, p->batch,
			p->free_factor, p->expire);
	}
	for (uint32_t i = 0; i < s->list_count; i++)
		if (s->lists[i].count)
			print_list(&s->lists[i], s->list_pfns + s->lists[i].first, f);
	if (fclose(f))
		return err_set(e, ENOMEM, "out of memory for the lists");
	out->data = (uint8_t *)text;
	out->len = len;
	return 0;
}

static int read_runs(const struct machine *m, struct machine_state *s, const char *p, const char *end,
		     unsigned order)
{
	int64_t step = 1ll << order;

	while (p < end) {
		char *stop;
		uint64_t a = strtoull(p, &stop, 16), b = a;

		if (stop == p || stop > end)
			break;
		p = stop;
		if (end - p > 2 && p[0] == '.' && p[1] == '.') {
			b = strtoull(p + 2, &stop, 16);
			p = stop;
		}
		if (a >= m->max_pfn || b >= m->max_pfn)
			return -EBADMSG;
		for (int64_t at = (int64_t)a, by = b >= a ? step : -step;; at += by) {
			if (lists_add(s, (uint32_t)at))
				return -ENOMEM;
			if (at == (int64_t)b || (by > 0 ? at + by > (int64_t)b : at + by < (int64_t)b))
				break;
		}
		while (p < end && *p == ' ')
			p++;
	}
	return 0;
}

int parse_lists(struct machine *m, struct machine_state *s, const struct blob *b, const char *file,
		struct err *e)
{
	const char *p = (const char *)b->data, *all = p + b->len;
	unsigned line = 0;
	int ret = 0;

	while (p < all && ret >= 0) {
		const char *eol = memchr(p, '\n', (size_t)(all - p)), *end = eol ? eol : all;
		unsigned zone, order, type, cpu;
		struct machine_pcp x;
		int owner, at = 0;
		char head[160];

		line++;
		snprintf(head, sizeof(head), "%.*s", (int)(end - p < 150 ? end - p : 150), p);
		if (!strncmp(head, "source ", 7)) {
			snprintf(s->lists_source, sizeof(s->lists_source), "%.127s", head + 7);
		} else if (sscanf(head, "pcp %u %u %d %d %d %d %d", &zone, &cpu, &x.count, &x.high, &x.batch,
				  &x.free_factor, &x.expire) == 7 && zone < m->zone_count && cpu < KMM_CPUS) {
			x.zone = (uint8_t)zone;
			x.cpu = (uint16_t)cpu;
			ret = lists_pcp(s, &x);
		} else if (sscanf(head, "list %u %d %u %u:%n", &zone, &owner, &order, &type, &at) == 4 && at &&
			   zone < m->zone_count && order < KMM_ORDERS && type < KMM_MIGRATETYPES &&
			   owner >= -1 && owner < KMM_CPUS) {
			ret = lists_begin(s, zone, owner, order, type);
			if (ret >= 0)
				ret = read_runs(m, s, p + at, end, order);
		} else {
			ret = -EBADMSG;
		}
		p = end + 1;
	}
	if (ret < 0)
		return err_set(e, -ret, "%s:%u: a list of page frames was expected", file, line);
	s->have_lists = true;
	return 0;
}
