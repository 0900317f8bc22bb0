// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/target.h"

#include <errno.h>
#include <string.h>

enum kmm_arch target_arch_of(const struct machine *m)
{
	bool pae = strstr(m->kernel, "pae") || m->max_pfn > 1u << 20;

	if (!strcmp(m->arch, "i386"))
		return pae ? KMM_X86_32_PAE : KMM_X86_32;
	return !strcmp(m->arch, "aarch64") ? KMM_ARM64 :
	       !strncmp(m->arch, "arm", 3) ? KMM_ARM :
					     KMM_X86_64;
}

static void sum_zones(const struct kmm_config *c, uint64_t *present, uint64_t *managed)
{
	*present = *managed = 0;
	for (unsigned z = 0; z < c->zones; z++) {
		*present += c->zone[z].present;
		*managed += c->zone[z].managed;
	}
}

int target_build(struct target *t, const struct target_wish *w, const struct machine *m,
		 struct kmm_config *c, struct err *e)
{
	uint64_t present, managed, memory;
	struct kmm_policy fresh;

	*t = (struct target){ .arch = w->preset < 0 ? target_arch_of(m) : (enum kmm_arch)w->preset,
			      .from_cpus = c->cpus,
			      .from_nodes = c->nodes };
	t->cpus = w->cpus < 0 ? c->cpus : (uint32_t)w->cpus;
	t->nodes = w->nodes < 0 ? c->nodes : (uint32_t)w->nodes;
	t->moved = t->arch != target_arch_of(m) || w->memory >= 0 || t->nodes != c->nodes;
	t->other = t->moved || t->cpus != c->cpus;
	if (!t->other)
		return 0;
	c->cpus = t->cpus;
	c->nodes = t->nodes;
	if (!t->moved) {
		for (unsigned i = 0; i < c->cpus; i++)
			c->cpu_node[i] = (uint8_t)(i * c->nodes / c->cpus);
		for (unsigned z = 0; z < c->zones; z++)
			c->zone[z].pcp_high = c->zone[z].pcp_high_min = c->zone[z].pcp_high_max = 0;
		return 0;
	}
	sum_zones(c, &present, &managed);
	memory = w->memory < 0 ? present << 12 : (uint64_t)w->memory << 20;
	if (kmm_arch_zones(c, t->arch, memory, 0))
		return err_set(
			e, EINVAL,
			"machine: %llu MiB on %u nodes is not what this architecture can have",
			(unsigned long long)(memory >> 20), c->nodes);
	for (unsigned z = 0; z < c->zones && present; z++)
		c->zone[z].managed = c->zone[z].present * managed / present;
	memset(c->distance, 0, sizeof(c->distance));
	c->policy.min_free_kbytes = 0;
	if (t->arch != target_arch_of(m)) {
		kmm_policy_init(&fresh, c->policy.generation);
		memcpy(c->policy.lowmem_reserve_ratio, fresh.lowmem_reserve_ratio,
		       sizeof(fresh.lowmem_reserve_ratio));
	}
	return 0;
}

static uint32_t group(uint32_t i, uint32_t from, uint32_t to)
{
	return (uint32_t)((uint64_t)(i % from) * to / from);
}

void target_map(const struct target *t, struct request *q)
{
	uint32_t first = group(q->cpu, t->from_cpus, t->cpus);

	if (t->cpus > t->from_cpus) {
		uint32_t next = (q->cpu % t->from_cpus + 1) * t->cpus / t->from_cpus;

		first += (uint32_t)q->pid % (next - first);
	}
	q->cpu = (uint16_t)first;
	if (q->sig.node >= 0)
		q->sig.node = (int8_t)group((uint32_t)q->sig.node, t->from_nodes, t->nodes);
}
