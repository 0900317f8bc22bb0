// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int input_cpu_mask(const char *list, uint8_t mask[KMM_CPUS], struct err *e)
{
	const char *p = list;

	memset(mask, 0, KMM_CPUS);
	while (*p) {
		char *end;
		unsigned long a = strtoul(p, &end, 10), b = a;

		if (end == p || *p == '-' || *p == '+')
			return err_set(e, EINVAL, "'%s' is not a list of CPUs such as 0,2-3", list);
		p = end;
		if (*p == '-') {
			b = strtoul(p + 1, &end, 10);
			if (end == p + 1 || b < a)
				return err_set(e, EINVAL,
					       "'%s' is not a list of CPUs such as 0,2-3", list);
			p = end;
		}
		if (b >= KMM_CPUS)
			return err_set(e, EINVAL, "CPU %lu is beyond the last one, %d", b,
				       KMM_CPUS - 1);
		memset(mask + a, 1, b - a + 1);
		if (*p == ',' && p[1])
			p++;
		else if (*p)
			return err_set(e, EINVAL, "'%s' is not a list of CPUs such as 0,2-3", list);
	}
	return 0;
}

struct trace *input_trace(struct input_options *in, const struct capture *c, struct err *e)
{
	struct trace_options o = {
		.keep_going = in->keep_going,
		.instance = in->instance,
		.kallsyms = in->kallsyms,
		.kallsyms_or = c->kallsyms[0] ? c->kallsyms : NULL,
	};

	if (in->cpus) {
		if (input_cpu_mask(in->cpus, in->cpu_mask, e) < 0)
			return NULL;
		o.cpu_mask = in->cpu_mask;
		o.cpu_mask_len = KMM_CPUS;
	}
	if (isfinite(in->from) && in->from > 0)
		o.from = (uint64_t)(in->from * 1e9);
	if (isfinite(in->to) && in->to > 0)
		o.to = (uint64_t)(in->to * 1e9);
	return trace_open(c->trace, &o, e);
}

struct kmw_reader *input_open(const struct input_options *in, const char *path,
			      struct import_result *res, struct err *e)
{
	uint8_t mask[KMM_CPUS];
	struct kmw_reader *k;
	struct import_options o = {
		.compression = KMW_NONE, /* the file lives for one command */
		.keep_going = in->keep_going,
		.progress = true,
		.from = in->from,
		.to = in->to,
		.instance = in->instance,
		.kallsyms = in->kallsyms,
	};

	if (in->cpus) {
		if (input_cpu_mask(in->cpus, mask, e) < 0)
			return NULL;
		o.cpu_mask = mask;
		o.cpu_mask_len = KMM_CPUS;
	}
	k = import_open(path, &o, res, e);
	if (k && kmw_summary(k)->caution[0])
		fprintf(stderr, "kmemlab: %s: %s\n", path, kmw_summary(k)->caution);
	return k;
}

int input_fail(const char *command, const struct err *e)
{
	fprintf(stderr, "kmemlab %s: %s\n", command, e->text);
	return 2;
}

int input_run(const char *command, const struct input_options *in, int argc, char **argv,
	      int (*work)(struct kmw_reader *k, struct err *e))
{
	struct err e = { 0 };
	struct kmw_reader *k;
	int ret;

	if (argc != 1) {
		fprintf(stderr, "kmemlab %s: one capture is expected; see kmemlab %s --help\n",
			command, command);
		return 2;
	}
	k = input_open(in, argv[0], NULL, &e);
	if (!k)
		return input_fail(command, &e);
	ret = work(k, &e);
	kmw_close(k);
	return ret < 0 ? input_fail(command, &e) : 0;
}
