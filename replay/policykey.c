// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/policykey.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_AUTO INT64_MIN

#define AT(section, key, type, unit, min, max, automatic, field, captured, meaning, names)        \
	{                                                                                         \
		section, key, type, unit, min, max, automatic,                                    \
			(uint32_t)offsetof(struct policy_values, field), captured, meaning, names \
	}
#define KEY(section, key, type, unit, min, max, automatic, field, captured, meaning) \
	AT(section, key, type, unit, min, max, automatic, page.field, captured, meaning, NULL)
#define SLAB_KEY(key, type, unit, min, max, automatic, field, meaning, names) \
	AT("slab", key, type, unit, min, max, automatic, slab.field, false, meaning, names)

#define SIDE_KEY(section, key, type, unit, min, max, automatic, field, meaning) \
	AT(section, key, type, unit, min, max, automatic, sides.field, false, meaning, NULL)

#define MACHINE_KEY(key, type, unit, min, max, field, meaning, names) \
	AT("machine", key, type, unit, min, max, -1, machine.field, true, meaning, names)

/* enum kmm_arch */
static const char *const presets[] = { "x86-32", "x86-32-pae", "x86-64", "arm", "arm64", NULL };

static const char *const switches[] = { "off", "on", NULL };

static const char *const slab_kinds[] = { "slub", "slab", "slob", NULL };

static const struct policy_key keys[] = {
	MACHINE_KEY(
		"preset", POLICY_CHOICE, "", 0, KMM_ARM64, preset,
		"architecture: its zones, the size of a word, its address space; auto: the captured "
		"machine's",
		presets),
	MACHINE_KEY("memory", POLICY_INT, "MiB", 16, 1 << 22, memory,
		    "size of memory; what was in use at the start is placed anew; auto: as captured",
		    NULL),
	MACHINE_KEY("nodes", POLICY_INT, "nodes", 1, KMM_NODES, nodes,
		    "nodes that memory and CPUs are shared between, evenly; auto: as captured",
		    NULL),
	MACHINE_KEY("cpus", POLICY_INT, "CPUs", 1, KMM_CPUS, cpus,
		    "CPUs; requests of several captured ones are made on one, or those of one on "
		    "several, by task; auto: as captured",
		    NULL),
	KEY("zone", "min_free_kbytes", POLICY_INT, "KiB", 0, 1 << 30, 0, min_free_kbytes, true,
	    "what the min watermarks of all zones together keep free; auto: the kernel's rule"),
	KEY("zone", "watermark_scale_factor", POLICY_INT, "1/10000 of the zone", 0, 10000, NO_AUTO,
	    watermark_scale_factor, true,
	    "least distance between the min, low and high watermarks; linux-2.6-slab has none"),
	KEY("zone", "watermark_boost_factor", POLICY_INT, "1/10000 of the high mark", 0, 1000000,
	    NO_AUTO, watermark_boost_factor, true,
	    "how far a fallback may raise the watermarks for kswapd; 0: not at all"),
	KEY("zone", "zone_order", POLICY_BOOL, "", 0, 1, NO_AUTO, zone_order, false,
	    "NUMA: other nodes' zones of a type before the own node's next lower type (to 4.13, "
	    "numa_zonelist_order=zone)"),
	KEY("zone", "lowmem_reserve_ratio", POLICY_LIST, "1/ratio", 0, 1 << 30, NO_AUTO,
	    lowmem_reserve_ratio, true,
	    "share of the higher zones that a zone keeps from their users, for DMA DMA32 Normal "
	    "HighMem Movable Device; 0: nothing; those not named: 0"),
	KEY("buddy", "max_order", POLICY_INT, "order", 1, KMM_ORDERS - 1, NO_AUTO, max_order, true,
	    "order of the largest block"),
	KEY("buddy", "mobility_grouping", POLICY_BOOL, "", 0, 1, NO_AUTO, mobility_grouping, false,
	    "group page blocks by migrate type; off: one list an order"),
	KEY("buddy", "pageblock_order", POLICY_INT, "order", 1, KMM_ORDERS - 1, NO_AUTO,
	    pageblock_order, true, "order of a page block, which bears a migrate type"),
	KEY("buddy", "highatomic_reserve", POLICY_BOOL, "", 0, 1, NO_AUTO, highatomic_reserve,
	    false, "set page blocks aside for urgent requests above order 0"),
	KEY("buddy", "nofragment", POLICY_BOOL, "", 0, 1, NO_AUTO, defrag_noretry_nofragment, false,
	    "try another zone of the node before mixing migrate types in a page block"),
	KEY("pcp", "batch", POLICY_INT, "pages", 0, 1 << 20, -1, pcp_batch, false,
	    "pages moved between a CPU's list and the zone at once; 0: no per-CPU lists; auto: the "
	    "captured zone's, or the kernel's rule where there is none or auto was given"),
	KEY("pcp", "high", POLICY_INT, "pages", 0, 1 << 24, -1, pcp_high, false,
	    "length at which a CPU's list is drained; auto: as for batch"),
	KEY("pcp", "high_fraction", POLICY_INT, "1/fraction", 0, 1 << 20, NO_AUTO,
	    pcp_high_fraction, false,
	    "high as a share of the zone, of each CPU before linux-6.1, of all of them since "
	    "(percpu_pagelist_high_fraction); 8 at least; 0: not so"),
	KEY("pcp", "orders", POLICY_INT, "orders", 1, 4, NO_AUTO, pcp_orders, false,
	    "how many orders from 0 on have per-CPU lists; before linux-6.1 only order 0 can"),
	KEY("pcp", "thp", POLICY_BOOL, "", 0, 1, NO_AUTO, pcp_thp, false,
	    "per-CPU lists for blocks of pageblock_order too; not before linux-6.1"),
	KEY("reclaim", "enabled", POLICY_BOOL, "", 0, 1, NO_AUTO, reclaim, false,
	    "what-ifs: take the oldest pages of user memory back where memory runs out; off: the allocation "
	    "fails"),
	AT("reclaim", "kswapd", POLICY_CHOICE, "", 0, 1, -1, shortage.kswapd, false,
	   "what-ifs: the model's own kswapd takes pages back from the low mark on, until the high one, and "
	   "what the recorded kernel took back stays; off: what that took back goes when it did; auto: on for "
	   "another size of memory",
	   switches),
	KEY("compaction", "enabled", POLICY_BOOL, "", 0, 1, NO_AUTO, compaction, false,
	    "what-ifs: move pages of user memory where only the size of the free blocks is wanting"),
	SLAB_KEY(
		"objects", POLICY_BOOL, "", 0, 1, NO_AUTO, objects,
		"object requests go through the slab model, which asks for its pages itself; off: the "
		"pages of the recorded slabs are requests.  On as soon as another key of this section is "
		"given",
		NULL),
	SLAB_KEY("kind", POLICY_CHOICE, "", 0, KMM_SLOB, -1, kind,
		 "the object allocator; auto: slab for linux-2.6-slab, else slub", slab_kinds),
	SLAB_KEY("min_order", POLICY_INT, "order", 0, 10, -1, min_order,
		 "least order of a slab (slub_min_order=); auto: the kernel's rule", NULL),
	SLAB_KEY("max_order", POLICY_INT, "order", 0, 10, -1, max_order,
		 "largest order of a slab that an object does not need (slub_max_order=); auto: 3",
		 NULL),
	SLAB_KEY(
		"min_objects", POLICY_INT, "objects", 0, 32767, -1, min_objects,
		"objects that a slab is to hold at least (slub_min_objects=); auto: by the number of CPUs",
		NULL),
	SLAB_KEY("cpu_partial", POLICY_BOOL, "", 0, 1, NO_AUTO, cpu_partial,
		 "slub: lists of partial slabs of each CPU", NULL),
	SLAB_KEY(
		"colouring", POLICY_BOOL, "", 0, 1, NO_AUTO, colouring,
		"slab: begin each slab at another offset, so that its objects fall on other cache sets",
		NULL),
	SIDE_KEY("percpu", "replay", POLICY_BOOL, "", 0, 1, NO_AUTO, percpu,
		 "per-CPU requests go through the model, whose chunks ask for their pages "
		 "themselves; of effect with slab.objects, or if given"),
	SIDE_KEY("vmalloc", "replay", POLICY_BOOL, "", 0, 1, NO_AUTO, vmalloc,
		 "vmalloc areas go through the model, with the page tables that map them; likewise"),
	SIDE_KEY("vmalloc", "huge", POLICY_BOOL, "", 0, 1, NO_AUTO, huge,
		 "areas of a huge page and more are mapped by huge pages"),
	SIDE_KEY("vmalloc", "lazy_max", POLICY_INT, "pages", 1, 1 << 30, -1, lazy,
		 "freed areas wait for one TLB flush until they have so many pages; auto: 32 MiB "
		 "a bit of the number of CPUs"),
	SIDE_KEY("highmem", "replay", POLICY_BOOL, "", 0, 1, NO_AUTO, kmap,
		 "maps of pages go through the model of the kmap windows, where memory can be high; "
		 "likewise"),
};

#define KEYS (sizeof(keys) / sizeof(*keys))

const struct policy_key *policy_key(unsigned k)
{
	return k < KEYS ? &keys[k] : NULL;
}

int policy_key_find(const char *section, const char *key)
{
	for (unsigned k = 0; k < KEYS; k++)
		if (!strcmp(keys[k].section, section) && !strcmp(keys[k].key, key))
			return (int)k;
	return -1;
}

bool policy_key_given(const struct policy *p, const char *section, const char *key)
{
	return p->set >> policy_key_find(section, key) & 1;
}

bool policy_key_of_slab(const struct policy_key *key)
{
	return key->offset >= offsetof(struct policy_values, slab) &&
	       key->offset < offsetof(struct policy_values, sides);
}

bool policy_key_of_others(const struct policy_key *key)
{
	return !policy_key_of_pages(key) && !policy_key_of_machine(key);
}

bool policy_key_of_sides(const struct policy_key *key)
{
	return key->offset >= offsetof(struct policy_values, sides) &&
	       key->offset < offsetof(struct policy_values, machine);
}

bool policy_key_of_machine(const struct policy_key *key)
{
	return key->offset >= offsetof(struct policy_values, machine) &&
	       key->offset < offsetof(struct policy_values, shortage);
}

bool policy_key_of_pages(const struct policy_key *key)
{
	return key->offset < offsetof(struct policy_values, slab);
}

/* ---- values ---- */

void policy_value(const struct policy_key *key, const struct policy_values *p,
		  char out[POLICY_VALUE])
{
	const char *at = (const char *)p + key->offset;
	int32_t v;
	size_t n = 0;

	if (key->type == POLICY_BOOL) {
		snprintf(out, POLICY_VALUE, "%s", *(const bool *)at ? "on" : "off");
	} else if (key->type == POLICY_CHOICE) {
		memcpy(&v, at, sizeof(v));
		snprintf(out, POLICY_VALUE, "%s", v < 0 ? "auto" : key->names[v]);
	} else if (key->type == POLICY_INT) {
		memcpy(&v, at, sizeof(v));
		if (v == key->automatic)
			snprintf(out, POLICY_VALUE, "auto");
		else
			snprintf(out, POLICY_VALUE, "%" PRId32, v);
	} else {
		for (unsigned i = 0; i < KMM_ZONE_TYPES; i++, at += sizeof(v)) {
			memcpy(&v, at, sizeof(v));
			n += (size_t)snprintf(out + n, POLICY_VALUE - n, "%s%" PRId32, i ? " " : "",
					      v);
		}
	}
}

void policy_names(const struct policy_key *k, char out[POLICY_VALUE])
{
	size_t n = 0;

	for (unsigned i = 0; k->names[i] && n < POLICY_VALUE; i++)
		n += (size_t)snprintf(out + n, POLICY_VALUE - n, "%s, ", k->names[i]);
	if (n < POLICY_VALUE)
		snprintf(out + n, POLICY_VALUE - n, "auto");
}

static int bad_value(const struct policy_key *k, const char *text, struct err *e)
{
	char want[POLICY_VALUE];

	if (k->type == POLICY_BOOL)
		snprintf(want, sizeof(want), "on or off");
	else if (k->type == POLICY_CHOICE)
		policy_names(k, want);
	else
		snprintf(want, sizeof(want), "%s%" PRId64 " to %" PRId64 "%s",
			 k->type == POLICY_LIST ? "numbers of " : "", k->min, k->max,
			 k->automatic == NO_AUTO ? "" : " or auto");
	return err_set(e, EINVAL, "%s.%s: '%.64s' is not %s", k->section, k->key, text, want);
}

static bool parse_bool(const char *text, bool *v)
{
	static const char *const yes[] = { "on", "yes", "true", "1" };
	static const char *const no[] = { "off", "no", "false", "0" };

	for (unsigned i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!strcasecmp(text, yes[i]) || !strcasecmp(text, no[i])) {
			*v = !strcasecmp(text, yes[i]);
			return true;
		}
	return false;
}

/* One number at *text, which moves on behind it. */
static bool parse_number(const struct policy_key *k, const char **text, int32_t *v)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(*text, &end, 10);
	if (end == *text || errno || n < k->min || n > k->max)
		return false;
	*text = end;
	*v = (int32_t)n;
	return true;
}

static bool parse_choice(const struct policy_key *k, const char *text, int32_t *v)
{
	for (*v = 0; k->names[*v]; ++*v)
		if (!strcasecmp(text, k->names[*v]))
			return true;
	*v = (int32_t)k->automatic;
	return !strcasecmp(text, "auto");
}

int policy_key_parse(const struct policy_key *k, struct policy_values *p, const char *text,
		     struct err *e)
{
	char *at = (char *)p + k->offset;
	int32_t v[KMM_ZONE_TYPES] = { 0 };
	const char *s = text;
	bool flag;

	if (k->type == POLICY_BOOL) {
		if (!parse_bool(text, &flag))
			return bad_value(k, text, e);
		memcpy(at, &flag, sizeof(flag));
		return 0;
	}
	if (k->type == POLICY_CHOICE) {
		if (!parse_choice(k, text, &v[0]))
			return bad_value(k, text, e);
		memcpy(at, v, sizeof(*v));
		return 0;
	}
	if (k->type == POLICY_INT) {
		if (k->automatic != NO_AUTO && !strcasecmp(text, "auto"))
			v[0] = (int32_t)k->automatic;
		else if (!parse_number(k, &s, &v[0]) || *s)
			return bad_value(k, text, e);
		memcpy(at, v, sizeof(*v));
		return 0;
	}
	for (unsigned i = 0; i < KMM_ZONE_TYPES && (*s || !i); i++) {
		if (!parse_number(k, &s, &v[i]))
			return bad_value(k, text, e);
		s += strspn(s, " \t,");
	}
	if (*s)
		return bad_value(k, text, e);
	memcpy(at, v, sizeof(v));
	return 0;
}
