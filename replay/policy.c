// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "replay/policy.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define FILE_LIMIT (64u << 10)
#define POLICY_SPEC 256 /* bytes of "section.key=value" */
#define NO_AUTO INT64_MIN
#define GENERATION_NATIVE (-1)
#define MOST_ORDER 10 /* of a slab */

static const struct {
	const char *name;
	int generation; /* enum kmm_generation */
	const char *summary;
} bases[] = {
	{ "native", GENERATION_NATIVE, "the captured kernel's own rules and settings" },
	{ "linux-2.6-slab", KMM_LINUX_2_6,
	  "2.6.24: hot and cold lists, largest block first, no HIGHATOMIC reserve" },
	{ "linux-5.10", KMM_LINUX_5_10,
	  "4.4 to 5.12: per-CPU lists of single pages, high = 6 * batch" },
	{ "linux-6.1", KMM_LINUX_6_1, "5.13 to 6.6: per-CPU lists of orders 0-3 and huge pages" },
	{ "linux-6.18", KMM_LINUX_6_18,
	  "6.7 and later: per-CPU lists tune themselves, fallback claims whole page blocks first" },
};

#define BASES (sizeof(bases) / sizeof(*bases))

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
	KEY("pcp", "orders", POLICY_INT, "orders", 1, 4, NO_AUTO, pcp_orders, false,
	    "how many orders from 0 on have per-CPU lists; before linux-6.1 only order 0 can"),
	KEY("pcp", "thp", POLICY_BOOL, "", 0, 1, NO_AUTO, pcp_thp, false,
	    "per-CPU lists for blocks of pageblock_order too; not before linux-6.1"),
	KEY("reclaim", "enabled", POLICY_BOOL, "", 0, 1, NO_AUTO, reclaim, false,
	    "take pages back where memory runs out; off: the allocation fails"),
	KEY("compaction", "enabled", POLICY_BOOL, "", 0, 1, NO_AUTO, compaction, false,
	    "move pages where only the size of the free blocks is wanting"),
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

const char *policy_builtin(unsigned i, const char **summary)
{
	if (i >= BASES)
		return NULL;
	if (summary)
		*summary = bases[i].summary;
	return bases[i].name;
}

static int base_find(const char *name)
{
	for (unsigned i = 0; i < BASES; i++)
		if (!strcmp(bases[i].name, name))
			return (int)i;
	return -1;
}

static int key_find(const char *section, const char *key)
{
	for (unsigned k = 0; k < KEYS; k++)
		if (!strcmp(keys[k].section, section) && !strcmp(keys[k].key, key))
			return (int)k;
	return -1;
}

static bool is_set(const struct policy *p, const char *section, const char *key)
{
	return p->set >> key_find(section, key) & 1;
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

/* Settings that 2.6 did not have: under its rules they are what their absence means. */
static bool unknown_to_2_6(const struct policy_key *key)
{
	return key->offset == offsetof(struct policy_values, page.watermark_scale_factor) ||
	       key->offset == offsetof(struct policy_values, page.watermark_boost_factor);
}

static bool is_slab_key(const struct policy_key *key)
{
	return key->offset >= offsetof(struct policy_values, slab) &&
	       key->offset < offsetof(struct policy_values, sides);
}

/* Of what is no page policy: the same under every base. */
static bool is_other_key(const struct policy_key *key)
{
	return key->offset >= offsetof(struct policy_values, slab) &&
	       key->offset < offsetof(struct policy_values, machine);
}

static bool is_page_key(const struct policy_key *key)
{
	return key->offset < offsetof(struct policy_values, slab);
}

static void sides_init(struct policy_sides *s)
{
	*s = (struct policy_sides){ true, true, true, false, -1 };
}

static void slab_init(struct policy_slab *s)
{
	*s = (struct policy_slab){ false, -1, -1, -1, -1, true, true };
}

void policy_default(const struct policy_key *key, const char *base, char out[POLICY_VALUE])
{
	int i = base_find(base);
	struct policy_values p;

	slab_init(&p.slab);
	sides_init(&p.sides);
	if (is_other_key(key)) {
		policy_value(key, &p, out);
		return;
	}
	if (i < 0 || bases[i].generation == GENERATION_NATIVE ||
	    (key->captured && !(bases[i].generation == KMM_LINUX_2_6 && unknown_to_2_6(key)))) {
		snprintf(out, POLICY_VALUE, "captured");
		return;
	}
	kmm_policy_init(&p.page, (enum kmm_generation)bases[i].generation);
	policy_value(key, &p, out);
}

void policy_current(const struct policy *p, const struct policy_key *key, char out[POLICY_VALUE])
{
	if (p->set >> (key - keys) & 1)
		policy_value(key, &p->values, out);
	else
		policy_default(key, p->base, out);
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

static int parse_value(const struct policy_key *k, struct policy_values *p, const char *text,
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

/* ---- setting ---- */

static int set_base(struct policy *p, const char *name, struct err *e)
{
	int i = base_find(name);

	if (i < 0)
		return err_set(e, EINVAL, "'%.64s' is no base; see kmemlab policy list", name);
	if (p->set)
		return err_set(e, EINVAL, "the base must come before the keys");
	snprintf(p->base, sizeof(p->base), "%s", name);
	/* Under native what is not given comes from the machine; these are never used. */
	slab_init(&p->values.slab);
	sides_init(&p->values.sides);
	p->values.machine = (struct target_wish){ -1, -1, -1, -1 };
	kmm_policy_init(&p->values.page, bases[i].generation == GENERATION_NATIVE ?
						 KMM_LINUX_6_1 :
						 (enum kmm_generation)bases[i].generation);
	return 0;
}

/* The name in "cache NAME"; NULL: another section. */
static const char *cache_section(const char *section)
{
	return strncmp(section, "cache ", 6) ? NULL : section + 6 + strspn(section + 6, " ");
}

static struct policy_cache *own_cache(struct policy *p, const char *name)
{
	for (unsigned i = 0; i < p->values.caches; i++)
		if (!strcmp(p->values.cache[i].name, name))
			return &p->values.cache[i];
	return NULL;
}

static int set_cache(struct policy *p, const char *name, const char *key, const char *value,
		     struct err *e)
{
	struct policy_values *v = &p->values;
	struct policy_cache *c = own_cache(p, name);
	char *end;
	long order;

	if (strcmp(key, "order"))
		return err_set(e, EINVAL, "unknown key '%.64s' of a cache; there is order", key);
	if (!*name || strlen(name) >= sizeof(c->name))
		return err_set(e, EINVAL, "a cache's name of 1 to %zu bytes is expected",
			       sizeof(c->name) - 1);
	errno = 0;
	order = strtol(value, &end, 10);
	if (!*value || *end || errno || order < 0 || order > MOST_ORDER)
		return err_set(e, EINVAL, "cache %s: order '%.64s' is not 0 to %d", name, value,
			       MOST_ORDER);
	if (!c && v->caches == POLICY_CACHES)
		return err_set(e, EINVAL, "more than %d caches", POLICY_CACHES);
	if (!c)
		c = &v->cache[v->caches++];
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->order = (int32_t)order;
	return 0;
}

static int set_key(struct policy *p, const char *section, const char *key, const char *value,
		   struct err *e)
{
	int k = key_find(section, key), ret;

	if (cache_section(section))
		return set_cache(p, cache_section(section), key, value, e);
	if (k < 0)
		return err_set(e, EINVAL,
			       "unknown key '%.64s.%.64s'; see kmemlab policy list --keys", section,
			       key);
	ret = parse_value(&keys[k], &p->values, value, e);
	if (!ret)
		p->set |= 1ull << k;
	return ret;
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s;
}

bool policy_is_native(const struct policy *p)
{
	return !strcmp(p->name, "native") && !p->set && !p->values.caches;
}

int policy_set(struct policy *p, const char *text, struct err *e)
{
	char copy[POLICY_SPEC], *value, *key;
	size_t n = strlen(p->name), room;
	int ret;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return err_set(e, EINVAL, "'%.64s...' is too long", text);
	value = strchr(copy, '=');
	key = strchr(copy, '.');
	if (!value || !key || key > value)
		return err_set(e, EINVAL, "'%.64s' is not SECTION.KEY=VALUE", text);
	*value++ = '\0';
	*key++ = '\0';
	value = trim(value);
	ret = set_key(p, trim(copy), trim(key), value, e);
	if (ret)
		return ret;
	/* It is not the policy of that name any more. */
	if (n > 4 && !strcmp(p->name + n - 4, "+..."))
		return 0;
	n = n < sizeof(p->name) - 8 ? n : sizeof(p->name) - 8;
	room = sizeof(p->name) - n;
	if ((size_t)snprintf(p->name + n, room, "+%s.%s=%s", trim(copy), trim(key), value) >= room)
		snprintf(p->name + n, room, "+...");
	return 0;
}

/* ---- INI files ---- */

struct ini {
	struct policy *p;
	char section[48];
	bool base, name;
};

static int ini_policy(struct ini *i, const char *key, const char *value, struct err *e)
{
	if (!strcmp(key, "base") && !i->base) {
		i->base = true;
		return set_base(i->p, value, e);
	}
	if (!strcmp(key, "name") && !i->name) {
		i->name = true;
		if (!*value || strlen(value) >= sizeof(i->p->name))
			return err_set(e, EINVAL, "a name of 1 to %zu bytes is expected",
				       sizeof(i->p->name) - 1);
		snprintf(i->p->name, sizeof(i->p->name), "%s", value);
		return 0;
	}
	return err_set(e, EINVAL, "policy.%.64s is unknown or given twice", key);
}

static int ini_line(struct ini *i, char *line, struct err *e)
{
	char *value;
	size_t n;
	int k;

	line = trim(line);
	if (!*line || *line == ';' || *line == '#')
		return 0;
	n = strlen(line);
	if (*line == '[') {
		if (line[n - 1] != ']' || n - 2 >= sizeof(i->section))
			return err_set(e, EINVAL, "'%.64s' is not [SECTION]", line);
		snprintf(i->section, sizeof(i->section), "%.*s", (int)n - 2, line + 1);
		return 0;
	}
	value = strchr(line, '=');
	if (!value)
		return err_set(e, EINVAL, "'%.64s' is not KEY = VALUE", line);
	*value++ = '\0';
	value[strcspn(value, ";#")] = '\0';
	line = trim(line);
	value = trim(value);
	if (!strcmp(i->section, "policy"))
		return ini_policy(i, line, value, e);
	k = key_find(i->section, line);
	if (cache_section(i->section) && own_cache(i->p, cache_section(i->section)))
		return err_set(e, EINVAL, "%s.%s is given twice", i->section, line);
	if (k >= 0 && i->p->set >> k & 1)
		return err_set(e, EINVAL, "%s.%s is given twice", i->section, line);
	return set_key(i->p, i->section, line, value, e);
}

static int ini_parse(struct policy *p, char *text, struct err *e)
{
	struct ini i = { .p = p };

	for (unsigned number = 1; text; number++) {
		char *next = strchr(text, '\n');

		if (next)
			*next++ = '\0';
		if (ini_line(&i, text, e) < 0)
			return err_prefix(e, "line %u: ", number);
		text = next;
	}
	return 0;
}

/* "native+pcp.batch=15+buddy.max_order=9": a built-in name and keys, as reports write it. */
static int load_changed(struct policy *p, const char *name, const char *plus, struct err *e)
{
	char set[POLICY_SPEC];
	int ret;

	snprintf(p->name, sizeof(p->name), "%.*s", (int)(plus - name), name);
	ret = set_base(p, p->name, e);
	while (ret >= 0 && *plus) {
		const char *next = strchrnul(++plus, '+');

		if (next - plus >= POLICY_SPEC)
			return err_set(e, EINVAL, "'%.64s...' is too long", plus);
		snprintf(set, sizeof(set), "%.*s", (int)(next - plus), plus);
		ret = policy_set(p, set, e);
		plus = next;
	}
	return ret;
}

/* Where the keys of "NAME+KEY=VALUE..." begin, if NAME is built in. */
static const char *changes(const char *name)
{
	const char *plus = strchr(name, '+');
	char base[sizeof(((struct policy *)0)->base)];

	if (!plus || (size_t)(plus - name) >= sizeof(base))
		return NULL;
	snprintf(base, sizeof(base), "%.*s", (int)(plus - name), name);
	return base_find(base) >= 0 ? plus : NULL;
}

int policy_load(struct policy *p, const char *name, struct err *e)
{
	const char *last = strrchr(name, '/');
	struct blob b;
	int ret;

	memset(p, 0, sizeof(*p));
	if (changes(name))
		return load_changed(p, name, changes(name), e);
	if (base_find(name) >= 0) {
		snprintf(p->name, sizeof(p->name), "%s", name);
		return set_base(p, name, e);
	}
	ret = file_read(name, FILE_LIMIT, &b, e);
	if (ret == -ENOENT && !last && !strchr(name, '.'))
		return err_set(e, ENOENT,
			       "'%.64s' is neither a built-in policy nor a file; see "
			       "kmemlab policy list",
			       name);
	if (ret < 0)
		return ret;
	last = last ? last + 1 : name;
	snprintf(p->name, sizeof(p->name), "%.60s", last);
	if (strlen(p->name) > 4 && !strcmp(p->name + strlen(p->name) - 4, ".ini"))
		p->name[strlen(p->name) - 4] = '\0';
	set_base(p, "native", e);
	if (strlen((char *)b.data) != b.len)
		ret = err_set(e, EINVAL, "not a text");
	else
		ret = ini_parse(p, (char *)b.data, e);
	blob_free(&b);
	return ret < 0 ? err_prefix(e, "%s: ", name) : 0;
}

void policy_print(const struct policy *p, FILE *out)
{
	const char *section = "";
	char value[POLICY_VALUE];

	fprintf(out, "[policy]\nname = %s\nbase = %s\n", p->name, p->base);
	for (unsigned k = 0; k < KEYS; k++) {
		const struct policy_key *key = &keys[k];

		if (strcmp(section, key->section))
			fprintf(out, "\n[%s]\n", key->section);
		section = key->section;
		fprintf(out, "; %s%s%s%s\n", key->meaning, *key->unit ? " [" : "", key->unit,
			*key->unit ? "]" : "");
		policy_current(p, key, value);
		/* A comment where it was not given: reading it again gives the same policy. */
		fprintf(out, "%s%s = %s\n", p->set >> k & 1 ? "" : ";", key->key, value);
	}
	for (unsigned i = 0; i < p->values.caches; i++)
		fprintf(out, "\n[cache %s]\n; order of its slabs [order]\norder = %d\n",
			p->values.cache[i].name, (int)p->values.cache[i].order);
}

/* ---- applying ---- */

/* The rules of a generation on a machine that ran another, or the same. */
static void apply_base(enum kmm_generation g, struct kmm_config *c)
{
	struct kmm_policy was = c->policy;

	kmm_policy_init(&c->policy, g);
	c->policy.max_order = was.max_order;
	c->policy.pageblock_order = was.pageblock_order;
	c->policy.min_free_kbytes = was.min_free_kbytes;
	c->policy.thp = was.thp;
	memcpy(c->policy.lowmem_reserve_ratio, was.lowmem_reserve_ratio,
	       sizeof(was.lowmem_reserve_ratio));
	/* Settings that one of the two kernels does not have cannot be taken over. */
	if (g != KMM_LINUX_2_6 && was.generation != KMM_LINUX_2_6) {
		c->policy.watermark_scale_factor = was.watermark_scale_factor;
		c->policy.watermark_boost_factor = was.watermark_boost_factor;
	}
	if (g == was.generation)
		return;
	/* Each generation finds the length of the per-CPU lists in another way. */
	for (unsigned z = 0; z < c->zones; z++)
		c->zone[z].pcp_high = c->zone[z].pcp_high_min = c->zone[z].pcp_high_max = 0;
}

/* Captured values that follow from a key that was given are computed anew. */
static void clear_captured(const struct policy *p, struct kmm_config *c)
{
	bool marks = is_set(p, "zone", "min_free_kbytes") ||
		     is_set(p, "zone", "watermark_scale_factor");
	bool batch = is_set(p, "pcp", "batch");
	bool later = c->policy.generation >= KMM_LINUX_6_1;
	/* high is 6 * batch at first, then a share of the low mark. */
	bool high = is_set(p, "pcp", "high") || (later ? marks : batch);

	for (unsigned i = 0; i < c->zones; i++) {
		struct kmm_zone_config *z = &c->zone[i];

		if (marks)
			z->min = z->low = z->high = 0;
		if (is_set(p, "zone", "lowmem_reserve_ratio"))
			z->reserve_given = false;
		if (batch)
			z->pcp_batch = 0;
		if (high)
			z->pcp_high = z->pcp_high_min = z->pcp_high_max = 0;
	}
}

int policy_apply(const struct policy *p, struct kmm_config *c, struct err *e)
{
	int base = base_find(p->base);
	const struct kmm_policy *now = &c->policy;

	if (base < 0)
		return err_set(e, EINVAL, "'%.31s' is no base", p->base);
	if (bases[base].generation != GENERATION_NATIVE)
		apply_base((enum kmm_generation)bases[base].generation, c);
	for (unsigned k = 0; k < KEYS; k++) {
		size_t size = keys[k].type == POLICY_BOOL ? sizeof(bool) :
			      keys[k].type == POLICY_INT  ? sizeof(int32_t) :
							    KMM_ZONE_TYPES * sizeof(int32_t);

		if (p->set >> k & 1 && is_page_key(&keys[k]))
			memcpy((char *)&c->policy + keys[k].offset,
			       (const char *)&p->values + keys[k].offset, size);
	}
	clear_captured(p, c);
	if (now->pageblock_order > now->max_order)
		return err_set(e, EINVAL, "policy %s: pageblock_order %u is above max_order %u",
			       p->name, now->pageblock_order, now->max_order);
	if (now->generation <= KMM_LINUX_5_10 && (now->pcp_orders > 1 || now->pcp_thp))
		return err_set(e, EINVAL,
			       "policy %s: kernels before 5.13 have per-CPU lists of order "
			       "0 only",
			       p->name);
	return 0;
}

/* ---- objects ---- */

static void slab_of_base(const char *base, struct kmm_slab_policy *s)
{
	static const struct {
		const char *base;
		enum kmm_slab_kind kind;
		unsigned version;
	} of[] = { { "linux-2.6-slab", KMM_SLAB, KMM_VERSION(2, 6, 24) },
		   { "linux-5.10", KMM_SLUB, KMM_VERSION(5, 10, 0) },
		   { "linux-6.1", KMM_SLUB, KMM_VERSION(6, 1, 0) },
		   { "linux-6.18", KMM_SLUB, KMM_VERSION(6, 18, 0) } };

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		struct kmm_slab_policy was = *s;

		if (strcmp(base, of[i].base) ||
		    (of[i].kind == was.kind && of[i].version == was.version))
			continue;
		kmm_slab_policy_init(s, of[i].kind, of[i].version);
		s->word = was.word;
		s->base = was.base;
		s->merge = was.merge;
		s->rcu_delay = was.rcu_delay;
	}
}

bool policy_objects(const struct policy *p, struct kmm_slab_policy *slab)
{
	const struct policy_slab *v = &p->values.slab;
	bool any = false;

	if (is_set(p, "slab", "objects")) {
		any = v->objects;
	} else {
		/* Another machine has slabs of its own as well. */
		for (unsigned k = 0; k < KEYS; k++)
			any |= (is_slab_key(&keys[k]) ||
				(!is_other_key(&keys[k]) && !is_page_key(&keys[k]))) &&
			       p->set >> k & 1;
		any |= p->values.caches != 0;
	}
	if (!any)
		return false;
	slab_of_base(p->base, slab);
	if (is_set(p, "slab", "kind") && v->kind >= 0 &&
	    slab->kind != (enum kmm_slab_kind)v->kind) {
		struct kmm_slab_policy was = *slab;

		kmm_slab_policy_init(slab, (enum kmm_slab_kind)v->kind, was.version);
		slab->word = was.word;
		slab->base = was.base;
		slab->merge = was.merge;
		slab->rcu_delay = was.rcu_delay;
	}
	if (is_set(p, "slab", "max_order") && v->max_order >= 0)
		slab->slub_max_order = (unsigned)v->max_order;
	if (is_set(p, "slab", "min_order") && v->min_order >= 0)
		slab->slub_min_order = (unsigned)v->min_order;
	if (slab->slub_max_order < slab->slub_min_order)
		slab->slub_max_order = slab->slub_min_order;
	if (is_set(p, "slab", "min_objects") && v->min_objects >= 0)
		slab->slub_min_objects = (unsigned)v->min_objects;
	if (is_set(p, "slab", "cpu_partial"))
		slab->cpu_partial = v->cpu_partial;
	if (is_set(p, "slab", "colouring"))
		slab->slab_no_colour = !v->colouring;
	slab->orders = p->values.caches;
	for (unsigned i = 0; i < p->values.caches; i++) {
		snprintf(slab->order_of[i].cache, sizeof(slab->order_of[i].cache), "%s",
			 p->values.cache[i].name);
		slab->order_of[i].order = (unsigned)p->values.cache[i].order;
	}
	return true;
}

/* ---- the other allocators ---- */

bool policy_sides(const struct policy *p, bool objects, struct sides_policy *sides)
{
	const struct policy_sides *v = &p->values.sides;
	bool any = objects;

	for (unsigned k = 0; k < KEYS; k++)
		any |= is_other_key(&keys[k]) && !is_slab_key(&keys[k]) && p->set >> k & 1;
	sides->percpu = v->percpu && (objects || is_set(p, "percpu", "replay"));
	sides->vmalloc = v->vmalloc &&
			 (objects || is_set(p, "vmalloc", "replay") ||
			  is_set(p, "vmalloc", "huge") || is_set(p, "vmalloc", "lazy_max"));
	sides->kmap = v->kmap && (objects || is_set(p, "highmem", "replay"));
	sides->vmalloc_huge = v->huge;
	sides->vmalloc_lazy = v->lazy < 0 ? 0 : v->lazy;
	return any;
}

/* ---- another machine ---- */

int policy_machine(const struct policy *p, const struct machine *m, struct target *t,
		   struct kmm_config *c, struct err *e)
{
	return target_build(t, &p->values.machine, m, c, e);
}

void policy_on_target(const struct target *t, struct kmm_slab_policy *slab,
		      struct sides_policy *sides)
{
	unsigned word = t->arch == KMM_X86_64 || t->arch == KMM_ARM64 ? 8 : 4;

	sides->anew = sides->arch != t->arch;
	sides->arch = t->arch;
	if (!sides->anew)
		return;
	slab->word = word;
	slab->base = 0;
}
