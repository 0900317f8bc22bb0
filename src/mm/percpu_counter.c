// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "mm/percpu.h"

int kmm_percpu_counter_init(struct kmm_percpu_counter *c, struct kmm_percpu *p, unsigned cpu,
			    int64_t amount, kmm_gfp gfp)
{
	memset(c, 0, sizeof(*c));
	c->piece = calloc(p->cpus, sizeof(*c->piece));
	if (!c->piece)
		return -ENOMEM;
	c->ptr = kmm_alloc_percpu_gfp(p, cpu, sizeof(*c->piece), sizeof(*c->piece), gfp);
	if (c->ptr == KMM_NO_PTR) {
		free(c->piece);
		c->piece = NULL;
		return -ENOMEM;
	}
	c->percpu = p;
	c->count = amount;
	c->batch = p->cpus > 16 ? (int32_t)p->cpus * 2 : 32;
	return 0;
}

void kmm_percpu_counter_destroy(struct kmm_percpu_counter *c)
{
	if (!c->percpu)
		return;
	kmm_free_percpu(c->percpu, c->ptr);
	free(c->piece);
	memset(c, 0, sizeof(*c));
}

void kmm_percpu_counter_add(struct kmm_percpu_counter *c, unsigned cpu, int64_t amount)
{
	int64_t piece;

	if (cpu >= c->percpu->cpus)
		return;
	piece = c->piece[cpu] + amount;
	if (piece >= c->batch || piece <= -(int64_t)c->batch) {
		c->count += piece;
		c->carries++;
		piece = 0;
	}
	c->piece[cpu] = (int32_t)piece;
}

void kmm_percpu_counter_set(struct kmm_percpu_counter *c, int64_t amount)
{
	memset(c->piece, 0, c->percpu->cpus * sizeof(*c->piece));
	c->count = amount;
}

int64_t kmm_percpu_counter_read(const struct kmm_percpu_counter *c)
{
	return c->count;
}

int64_t kmm_percpu_counter_sum(const struct kmm_percpu_counter *c)
{
	int64_t sum = c->count;

	for (unsigned cpu = 0; cpu < c->percpu->cpus; cpu++)
		sum += c->piece[cpu];
	return sum;
}

int kmm_percpu_counter_compare(const struct kmm_percpu_counter *c, int64_t rhs)
{
	int64_t apart = c->count - rhs, error = (int64_t)c->batch * c->percpu->cpus;

	if (apart <= error && apart >= -error)
		apart = kmm_percpu_counter_sum(c) - rhs;
	return (apart > 0) - (apart < 0);
}
