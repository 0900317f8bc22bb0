// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab policy: what can be simulated, and which keys it has. */
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "replay/policy.h"

static int format;
static struct option_list sets;

static struct option options[] = {
	{ "set", 0, OPTION_LIST, &sets, "SECTION.KEY=VALUE", NULL, "show the policy with this key changed" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print a list" },
	{ NULL },
};

static const struct column list_columns[] = {
	{ "name", "name", COLUMN_STRING, 0, "for --policy" },
	{ "help", "rules", COLUMN_STRING, 0, "what it stands for" },
};

static const struct column key_columns[] = {
	{ "key", "key", COLUMN_STRING, 0, "for --set" },
	{ "value", "value", COLUMN_STRING, 0, "in this policy" },
	{ "unit", "unit", COLUMN_STRING, 0, "of the value" },
	{ "min", "min", COLUMN_INT, 0, "least value" },
	{ "max", "max", COLUMN_INT, 0, "largest value" },
	{ "help", "meaning", COLUMN_STRING, 0, "what it does" },
};

static int print(struct table *t)
{
	int ret = t ? table_print(t, (enum table_format)format, stdout) : -1;

	table_free(t);
	return ret < 0 ? 2 : 0;
}

static int list(void)
{
	struct table *t = table_new(list_columns, 2);

	for (unsigned i = 0; t && policy_bases[i]; i++) {
		table_row(t);
		table_string(t, policy_bases[i]);
		table_string(t, policy_base_help(i));
	}
	return print(t);
}

static int show(const char *name)
{
	struct err e = { 0 };
	struct policy p;
	struct table *t;
	int ret = policy_load(&p, name, &e);

	for (size_t i = 0; i < sets.count && ret >= 0; i++)
		ret = policy_set(&p, sets.items[i], &e);
	if (ret < 0)
		return input_fail("policy", &e);
	if (format == TABLE_TEXT) {
		policy_print(&p, stdout);
		return 0;
	}
	t = table_new(key_columns, 6);
	for (unsigned i = 0; t && policy_keys[i].section; i++) {
		const struct policy_key *k = &policy_keys[i];
		char key[96], value[96];

		snprintf(key, sizeof(key), "%s.%s", k->section, k->key);
		policy_value(&p.values, k, value, sizeof(value));
		table_row(t);
		table_string(t, key);
		table_string(t, value);
		table_string(t, k->unit);
		table_int(t, k->least);
		table_int(t, k->most);
		table_string(t, k->help);
	}
	return print(t);
}

static int run(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "list"))
		return list();
	if (argc == 2 && !strcmp(argv[0], "show"))
		return show(argv[1]);
	fprintf(stderr, "kmemlab policy: `list` or `show NAME` is expected; see kmemlab policy --help\n");
	return 2;
}

struct command cmd_policy = {
	.name = "policy",
	.summary = "list the policies that can be simulated, and their keys",
	.args = "list | show NAME|FILE",
	.description = "A policy is a base, one of the names that `list` prints, with some keys changed: in an "
		       "INI file or by --set section.key=value. `show` prints it as such a file, every key with "
		       "its meaning, unit, range and value.",
	.examples = "kmemlab policy list\n"
		    "  the built-in policies\n"
		    "kmemlab policy show linux-6.1 --set zone.min_free_kbytes=65536\n"
		    "  one of them with a key changed\n",
	.options = options,
	.run = run,
};
