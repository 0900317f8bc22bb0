// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policytext: policies as people write them: SECTION.KEY=VALUE, a built-in name with
 * keys changed, an INI file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "replay/policykey.h"

#define FILE_LIMIT (64u << 10)
#define POLICY_SPEC 256 /* bytes of "section.key=value" */
#define MOST_ORDER 10	/* of a slab */

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
	int k = policy_key_find(section, key), ret;

	if (cache_section(section))
		return set_cache(p, cache_section(section), key, value, e);
	if (k < 0)
		return err_set(e, EINVAL,
			       "unknown key '%.64s.%.64s'; see kmemlab policy list --keys", section,
			       key);
	ret = policy_key_parse(policy_key((unsigned)k), &p->values, value, e);
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
		return policy_set_base(i->p, value, e);
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
	k = policy_key_find(i->section, line);
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
	ret = policy_set_base(p, p->name, e);
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
	return policy_base_find(base) >= 0 ? plus : NULL;
}

int policy_load(struct policy *p, const char *name, struct err *e)
{
	const char *last = strrchr(name, '/');
	struct blob b;
	int ret;

	memset(p, 0, sizeof(*p));
	if (changes(name))
		return load_changed(p, name, changes(name), e);
	if (policy_base_find(name) >= 0) {
		snprintf(p->name, sizeof(p->name), "%s", name);
		return policy_set_base(p, name, e);
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
	policy_set_base(p, "native", e);
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
	const struct policy_key *key;
	char value[POLICY_VALUE];

	fprintf(out, "[policy]\nname = %s\nbase = %s\n", p->name, p->base);
	for (unsigned k = 0; (key = policy_key(k)); k++) {
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
