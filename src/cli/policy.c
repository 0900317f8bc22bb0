// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab policy: the policies there are, their keys, and what one says. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "cli/commands.h"
#include "replay/policy.h"

static int format;
static bool list_keys;
static struct option_list sets;

static struct option options[] = {
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats,
	  "how to print a list, or the keys of a policy" },
	{ "keys", 'k', OPTION_FLAG, &list_keys, NULL, NULL,
	  "list: the keys and their defaults, instead of the policies" },
	{ "set", 0, OPTION_LIST, &sets, "SECTION.KEY=VALUE", NULL, "show: change a key first" },
	{ .name = NULL },
};

static const struct column policy_columns[] = {
	{ "name", "NAME", COLUMN_STRING, 0, "name for --policy" },
	{ "summary", "RULES", COLUMN_STRING, 0, "whose rules" },
};

static const struct column key_columns[] = {
	{ "key", "KEY", COLUMN_STRING, 0, "section and key" },
	{ "unit", "UNIT", COLUMN_STRING, 0, "unit of the value" },
	{ "range", "RANGE", COLUMN_STRING, 0, "values that are accepted" },
	{ "linux-2.6-slab", "2.6-SLAB", COLUMN_STRING, 0, "default under this base" },
	{ "linux-5.10", "5.10", COLUMN_STRING, 0, "default under this base" },
	{ "linux-6.1", "6.1", COLUMN_STRING, 0, "default under this base" },
	{ "linux-6.18", "6.18", COLUMN_STRING, 0, "default under this base" },
	{ "meaning", "MEANING", COLUMN_STRING, 0, "what it does" },
};

static const struct column value_columns[] = {
	{ "key", "KEY", COLUMN_STRING, 0, "for --set" },
	{ "value", "VALUE", COLUMN_STRING, 0, "in this policy" },
	{ "given", "GIVEN", COLUMN_STRING, 0, "yes: by the policy; no: by its base" },
	{ "unit", "UNIT", COLUMN_STRING, 0, "of the value" },
	{ "min", "MIN", COLUMN_INT, 0, "least value" },
	{ "max", "MAX", COLUMN_INT, 0, "largest value" },
	{ "help", "MEANING", COLUMN_STRING, 0, "what it does" },
};

static int fail(const struct err *e)
{
	fprintf(stderr, "kmemlab policy: %s\n", e->text);
	return 2;
}

static int finish(struct table *t)
{
	struct err e = { 0 };
	int ret = table_print(t, (enum table_format)format, stdout);

	table_free(t);
	if (ret < 0) {
		err_set(&e, -ret, "the list could not be printed: %s", strerror(-ret));
		return fail(&e);
	}
	return 0;
}

static int print_policies(void)
{
	struct table *t = table_new(policy_columns,
				    sizeof(policy_columns) / sizeof(*policy_columns));
	const char *name, *summary;

	for (unsigned i = 0; t && (name = policy_builtin(i, &summary)); i++) {
		table_row(t);
		table_string(t, name);
		table_string(t, summary);
	}
	if (!t)
		return fail(&(struct err){ -ENOMEM, "out of memory" });
	return finish(t);
}

static int print_keys(void)
{
	struct table *t = table_new(key_columns, sizeof(key_columns) / sizeof(*key_columns));
	const struct policy_key *key;

	if (!t)
		return fail(&(struct err){ -ENOMEM, "out of memory" });
	for (unsigned k = 0; (key = policy_key(k)); k++) {
		char text[POLICY_VALUE];

		table_row(t);
		snprintf(text, sizeof(text), "%s.%s", key->section, key->key);
		table_string(t, text);
		table_string(t, key->unit);
		if (key->type == POLICY_BOOL)
			snprintf(text, sizeof(text), "on, off");
		else if (key->type == POLICY_CHOICE)
			policy_names(key, text);
		else
			snprintf(text, sizeof(text), "%lld..%lld%s", (long long)key->min,
				 (long long)key->max, key->automatic == INT64_MIN ? "" : ", auto");
		table_string(t, text);
		for (unsigned i = 3; i < 7; i++) {
			policy_default(key, key_columns[i].name, text);
			table_string(t, text);
		}
		table_string(t, key->meaning);
	}
	return finish(t);
}

static int print_values(const struct policy *p)
{
	struct table *t = table_new(value_columns, sizeof(value_columns) / sizeof(*value_columns));
	const struct policy_key *key;

	if (!t)
		return fail(&(struct err){ -ENOMEM, "out of memory" });
	for (unsigned k = 0; (key = policy_key(k)); k++) {
		char text[POLICY_VALUE];

		table_row(t);
		snprintf(text, sizeof(text), "%s.%s", key->section, key->key);
		table_string(t, text);
		policy_current(p, key, text);
		table_string(t, text);
		table_string(t, p->set >> k & 1 ? "yes" : "no");
		table_string(t, key->unit);
		table_int(t, key->min);
		table_int(t, key->max);
		table_string(t, key->meaning);
	}
	return finish(t);
}

static int show(const char *name)
{
	struct err e = { 0 };
	struct policy p;
	int ret = policy_load(&p, name, &e);

	for (size_t i = 0; i < sets.count && ret >= 0; i++)
		ret = policy_set(&p, sets.items[i], &e);
	if (ret < 0)
		return fail(&e);
	if (format != TABLE_TEXT)
		return print_values(&p);
	policy_print(&p, stdout);
	return 0;
}

static int run(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "list"))
		return list_keys ? print_keys() : print_policies();
	if (argc == 2 && !strcmp(argv[0], "show"))
		return show(argv[1]);
	fprintf(stderr, "kmemlab policy: 'list', or 'show' and a policy, is expected; "
			"see kmemlab policy --help\n");
	return 2;
}

struct command cmd_policy = {
	.name = "policy",
	.summary = "list the policies and their keys, or show one",
	.args = "list | show NAME|FILE",
	.description =
		"A policy says under which rules a machine is simulated: a base, the rules of one kernel "
		"generation or of the captured kernel (native), and the keys that differ from it.\n\n"
		"`list` prints the built-in policies, with --keys all keys with unit, range and default; "
		"\"captured\" stands for the captured machine's own value. `show` prints a policy as an "
		"INI file, which can be changed and given to --policy; with --format csv or json, its keys "
		"as a table.",
	.examples = "kmemlab policy list\n"
		    "  the built-in policies\n"
		    "kmemlab policy show linux-6.1 --set zone.min_free_kbytes=65536\n"
		    "  the start of a policy file\n",
	.options = options,
	.run = run,
};
