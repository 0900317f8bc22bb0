// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/policy.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define FIELD(name) offsetof(struct kmm_policy, name)

const struct policy_key policy_keys[] = {
	{ "zone", "min_free_kbytes", POLICY_UINT, FIELD(min_free_kbytes), 0, 1 << 30, "KiB",
	  "memory kept free, from which the zones' watermarks follow; 0: by the kernel's rule" },
	{ "zone", "watermark_scale_factor", POLICY_UINT, FIELD(watermark_scale_factor), 1, 3000,
	  "1/10000 of managed pages", "distance between the watermarks" },
	{ "zone", "watermark_boost_factor", POLICY_UINT, FIELD(watermark_boost_factor), 0, 1000000,
	  "1/10000 of the high mark", "the most that a fallback may raise the marks; 0: not at all" },
	{ "zone", "lowmem_reserve_ratio", POLICY_LIST, FIELD(lowmem_reserve_ratio), 0, 1 << 20, "ratio",
	  "protection of lower zones, by zone type: DMA DMA32 Normal HighMem Movable" },
	{ "buddy", "max_order", POLICY_UINT, FIELD(max_order), 1, KMM_ORDERS - 1, "order",
	  "the largest block, inclusive" },
	{ "buddy", "pageblock_order", POLICY_UINT, FIELD(pageblock_order), 1, KMM_ORDERS - 1, "order",
	  "size of the blocks that have a migrate type" },
	{ "buddy", "mobility_grouping", POLICY_BOOL, FIELD(mobility_grouping), 0, 1, "",
	  "keep pages of different mobility in different pageblocks" },
	{ "buddy", "highatomic_reserve", POLICY_BOOL, FIELD(highatomic_reserve), 0, 1, "",
	  "reserve pageblocks for high-order atomic requests" },
	{ "buddy", "nofragment", POLICY_BOOL, FIELD(defrag_noretry_nofragment), 0, 1, "",
	  "try another zone before mixing pageblocks (ALLOC_NOFRAGMENT)" },
	{ "pcp", "batch", POLICY_INT, FIELD(pcp_batch), -1, 1 << 16, "pages",
	  "refill and drain size of the per-CPU lists; -1: the machine's; 0: no per-CPU lists" },
	{ "pcp", "high", POLICY_INT, FIELD(pcp_high), -1, 1 << 24, "pages",
	  "most pages on a CPU's lists of a zone; -1: the machine's" },
	{ "pcp", "orders", POLICY_UINT, FIELD(pcp_orders), 0, 4, "orders",
	  "orders below this have per-CPU lists" },
	{ "pcp", "thp", POLICY_BOOL, FIELD(pcp_thp), 0, 1, "", "per-CPU lists for huge pages too" },
	{ "reclaim", "enabled", POLICY_BOOL, FIELD(reclaim), 0, 1, "",
	  "take pages back from their users when memory runs out" },
	{ "compaction", "enabled", POLICY_BOOL, FIELD(compaction), 0, 1, "",
	  "move pages to make room for high orders" },
	{ NULL, NULL, POLICY_BOOL, 0, 0, 0, NULL, NULL },
};

const char *const policy_bases[] = { "native", "linux-2.6-slab", "linux-5.10", "linux-6.1", "linux-6.18", NULL };

static const enum kmm_generation generations[] = { KMM_LINUX_6_1, KMM_LINUX_2_6, KMM_LINUX_5_10, KMM_LINUX_6_1,
						   KMM_LINUX_6_18 };

const char *policy_base_help(unsigned base)
{
	static const char *const help[] = {
		"the captured kernel's own version and settings",
		"2.6.24: hot and cold per-CPU lists, largest-first fallback",
		"5.10: per-CPU lists of order 0, high = 6 * batch",
		"6.1: per-CPU lists of orders 0 to 3 and huge pages",
		"6.18: per-CPU lists that tune themselves, fallback that claims or steals",
	};

	return help[base];
}

static int base_number(const char *name)
{
	for (int i = 0; policy_bases[i]; i++)
		if (!strcmp(policy_bases[i], name))
			return i;
	return -1;
}

static int set_base(struct policy *p, const char *name, struct err *e)
{
	int base = base_number(name);

	if (base < 0)
		return err_set(e, ENOENT, "'%s' is neither a policy (see kmemlab policy list) nor a file", name);
	snprintf(p->base, sizeof(p->base), "%s", name);
	kmm_policy_init(&p->values, generations[base]);
	return 0;
}

/* ---- values ---- */

static int set_number(const struct policy_key *k, const char *text, int64_t *v, struct err *e)
{
	char *end;

	errno = 0;
	*v = strtoll(text, &end, 0);
	if (end == text || *end || errno || *v < k->least || *v > k->most)
		return err_set(e, EINVAL, "%s.%s: '%s' is not a number from %" PRId64 " to %" PRId64, k->section,
			       k->key, text, k->least, k->most);
	return 0;
}

static int set_list(const struct policy_key *k, const char *text, unsigned *out, struct err *e)
{
	unsigned n = 0;

	while (*text) {
		char *end;
		long long v = strtoll(text, &end, 0);

		if (end == text || n == KMM_ZONE_TYPES || v < k->least || v > k->most)
			return err_set(e, EINVAL, "%s.%s: up to %d numbers were expected", k->section, k->key,
				       KMM_ZONE_TYPES);
		out[n++] = (unsigned)v;
		text = end + strspn(end, " ,\t");
	}
	return 0;
}

static int set_value(struct policy *p, unsigned number, const char *text, struct err *e)
{
	static const char *const yes[] = { "1", "on", "yes", "true", NULL };
	static const char *const no[] = { "0", "off", "no", "false", NULL };
	const struct policy_key *k = &policy_keys[number];
	void *field = (char *)&p->values + k->offset;
	int64_t v = -1;
	int ret = 0;

	switch (k->type) {
	case POLICY_BOOL:
		for (int i = 0; yes[i]; i++)
			v = !strcmp(yes[i], text) ? 1 : !strcmp(no[i], text) ? 0 : v;
		if (v < 0)
			return err_set(e, EINVAL, "%s.%s: '%s' is neither on nor off", k->section, k->key, text);
		*(bool *)field = v;
		break;
	case POLICY_UINT:
		ret = set_number(k, text, &v, e);
		if (ret >= 0)
			*(unsigned *)field = (unsigned)v;
		break;
	case POLICY_INT:
		ret = set_number(k, text, &v, e);
		if (ret >= 0)
			*(int *)field = (int)v;
		break;
	case POLICY_LIST:
		ret = set_list(k, text, field, e);
		break;
	}
	if (ret >= 0)
		p->set |= 1ull << number;
	return ret;
}

static int set_key(struct policy *p, const char *section, const char *key, const char *value, struct err *e)
{
	for (unsigned i = 0; policy_keys[i].section; i++)
		if (!strcmp(policy_keys[i].section, section) && !strcmp(policy_keys[i].key, key))
			return set_value(p, i, value, e);
	return err_set(e, EINVAL, "unknown key %s.%s (see kmemlab policy show native)", section, key);
}

int policy_set(struct policy *p, const char *assignment, struct err *e)
{
	const char *eq = strchr(assignment, '='), *dot = strchr(assignment, '.');
	char section[32], key[64];

	if (!eq || !dot || dot > eq)
		return err_set(e, EINVAL, "'%s' is not of the form section.key=value", assignment);
	snprintf(section, sizeof(section), "%.*s", (int)(dot - assignment), assignment);
	snprintf(key, sizeof(key), "%.*s", (int)(eq - dot - 1), dot + 1);
	return set_key(p, section, key, eq + 1, e);
}

/* ---- INI files ---- */

/* Cut blanks and comments off both ends, in place. */
static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strcspn(s, "#;");
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

static int read_line(struct policy *p, char *line, char *section, size_t room, struct err *e)
{
	char *eq, *s = trim(line);

	if (!*s)
		return 0;
	if (*s == '[') {
		size_t len = strcspn(s + 1, "]");

		if (s[1 + len] != ']')
			return err_set(e, EINVAL, "a section without its ]");
		snprintf(section, room, "%.*s", (int)len, s + 1);
		return 0;
	}
	eq = strchr(s, '=');
	if (!eq)
		return err_set(e, EINVAL, "'%s' is not of the form key = value", s);
	*eq = '\0';
	if (*section)
		return set_key(p, section, trim(s), trim(eq + 1), e);
	if (!strcmp(trim(s), "base"))
		return set_base(p, trim(eq + 1), e);
	return err_set(e, EINVAL, "'%s' stands before any section; only base may", trim(s));
}

static int load_file(struct policy *p, const char *path, struct err *e)
{
	char section[32] = "";
	unsigned number = 0;
	struct blob b;
	int ret = file_read(path, 1 << 20, &b, e);

	if (ret < 0)
		return ret;
	for (char *line = (char *)b.data; line && ret >= 0;) {
		char *next = strchr(line, '\n');

		if (next)
			*next++ = '\0';
		number++;
		ret = read_line(p, line, section, sizeof(section), e);
		if (ret < 0)
			err_prefix(e, "%s:%u: ", path, number);
		line = next;
	}
	blob_free(&b);
	return ret;
}

int policy_load(struct policy *p, const char *name, struct err *e)
{
	const char *base = strrchr(name, '/');
	int ret;

	memset(p, 0, sizeof(*p));
	if (base_number(name) >= 0) {
		snprintf(p->name, sizeof(p->name), "%s", name);
		return set_base(p, name, e);
	}
	if (!base && !strchr(name, '.'))
		return set_base(p, name, e);
	ret = set_base(p, "native", e);
	if (ret >= 0)
		ret = load_file(p, name, e);
	snprintf(p->name, sizeof(p->name), "%.*s", (int)strcspn(base ? base + 1 : name, "."), base ? base + 1 : name);
	return ret;
}

/* ---- use ---- */

static bool was_set(const struct policy *p, const char *section, const char *key)
{
	for (unsigned i = 0; policy_keys[i].section; i++)
		if (!strcmp(policy_keys[i].section, section) && !strcmp(policy_keys[i].key, key))
			return p->set >> i & 1;
	return false;
}

static void copy_value(struct kmm_policy *to, const struct kmm_policy *from, const struct policy_key *k)
{
	static const size_t sizes[] = { sizeof(bool), sizeof(unsigned), sizeof(int),
					sizeof(unsigned[KMM_ZONE_TYPES]) };

	memcpy((char *)to + k->offset, (const char *)from + k->offset, sizes[k->type]);
}

int policy_apply(const struct policy *p, struct kmm_config *c, struct err *e)
{
	bool native = !strcmp(p->base, "native");
	struct kmm_policy machine = c->policy;

	if (!native) {
		/* The other kernel's rules on this machine: its shape and its settings stay. */
		c->policy = p->values;
		c->policy.max_order = machine.max_order;
		c->policy.pageblock_order = machine.pageblock_order;
		c->policy.min_free_kbytes = machine.min_free_kbytes;
		c->policy.thp = machine.thp;
	}
	for (unsigned i = 0; policy_keys[i].section; i++)
		if (p->set >> i & 1)
			copy_value(&c->policy, &p->values, &policy_keys[i]);
	if (c->policy.pageblock_order > c->policy.max_order)
		return err_set(e, EINVAL, "buddy.pageblock_order %u is above buddy.max_order %u",
			       c->policy.pageblock_order, c->policy.max_order);
	for (unsigned z = 0; z < c->zones; z++) {
		struct kmm_zone_config *zone = &c->zone[z];

		if (was_set(p, "zone", "min_free_kbytes") || was_set(p, "zone", "watermark_scale_factor"))
			zone->min = zone->low = zone->high = 0;
		if (was_set(p, "zone", "lowmem_reserve_ratio"))
			zone->reserve_given = false;
		/* The printed sizes of the per-CPU lists belong to the captured kernel's own rule. */
		if (c->policy.generation != machine.generation || was_set(p, "zone", "min_free_kbytes"))
			zone->pcp_batch = zone->pcp_high = zone->pcp_high_min = zone->pcp_high_max = 0;
	}
	return 0;
}

void policy_value(const struct kmm_policy *v, const struct policy_key *k, char *out, size_t room)
{
	const void *field = (const char *)v + k->offset;
	const unsigned *list = field;
	size_t at = 0;

	switch (k->type) {
	case POLICY_BOOL:
		snprintf(out, room, "%s", *(const bool *)field ? "on" : "off");
		break;
	case POLICY_UINT:
		snprintf(out, room, "%u", *list);
		break;
	case POLICY_INT:
		snprintf(out, room, "%d", *(const int *)field);
		break;
	case POLICY_LIST:
		for (unsigned i = 0; i < KMM_ZONE_TYPES - 1 && at < room; i++)
			at += (size_t)snprintf(out + at, room - at, "%s%u", i ? " " : "", list[i]);
		break;
	}
}

void policy_print(const struct policy *p, FILE *out)
{
	const char *section = "";

	fprintf(out, "# policy %s\nbase = %s\n", p->name, p->base);
	if (!strcmp(p->base, "native"))
		fputs("# keys that are commented out are the captured machine's own\n", out);
	for (unsigned i = 0; policy_keys[i].section; i++) {
		const struct policy_key *k = &policy_keys[i];
		bool given = p->set >> i & 1;
		char value[96];

		if (strcmp(section, k->section)) {
			section = k->section;
			fprintf(out, "\n[%s]\n", section);
		}
		policy_value(&p->values, k, value, sizeof(value));
		fprintf(out, "# %s%s%s%s", k->help, *k->unit ? " (" : "", k->unit, *k->unit ? ")" : "");
		if (k->type != POLICY_BOOL)
			fprintf(out, ", %" PRId64 " to %" PRId64, k->least, k->most);
		fprintf(out, "\n%s%s = %s\n", given || strcmp(p->base, "native") ? "" : "#", k->key, value);
	}
}
