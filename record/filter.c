// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/filter.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/outfile.h"

/* The kernel goes by thread: all that the process has now; those to come are its children. */
static int put_threads(FILE *f, unsigned long pid, struct err *e)
{
	char path[64];
	struct dirent *d;
	DIR *all;

	snprintf(path, sizeof(path), "/proc/%lu/task", pid);
	all = opendir(path);
	if (!all)
		return errno == ENOENT ? err_set(e, ESRCH, "there is no process %lu", pid) :
					 err_set(e, errno, "%s: %s", path, strerror(errno));
	while ((d = readdir(all)))
		if (isdigit((unsigned char)*d->d_name))
			fprintf(f, "%s ", d->d_name);
	closedir(all);
	return 0;
}

static int put_pids(FILE *f, const char *list, struct err *e)
{
	const char *at = list;
	int ret = 0;

	do {
		char *end;
		unsigned long pid = strtoul(at, &end, 10);

		if (!isdigit((unsigned char)*at) || (*end && *end != ',' && *end != ' '))
			return err_set(e, EINVAL,
				       "'%.64s' is not a list of processes such as 12,34", list);
		ret = put_threads(f, pid, e);
		at = end + (*end != '\0');
	} while (ret >= 0 && *at);
	return ret;
}

static int set_pids(struct instance *in, const struct record_options *o, pid_t command,
		    struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int ret = 0;

	if (!f)
		return err_set(e, ENOMEM, "out of memory");
	if (o->command_only && command > 0)
		fprintf(f, "%d ", (int)command);
	if (o->pids)
		ret = put_pids(f, o->pids, e);
	if (fclose(f) && ret >= 0)
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0 && len)
		ret = instance_pids(in, text, e);
	free(text);
	return ret;
}

static int set_comm(struct instance *in, const struct event_set *s, const char *comm, struct err *e)
{
	char text[64];

	if (!*comm || strpbrk(comm, "\"\\") || strlen(comm) > 15)
		return err_set(e, EINVAL, "'%.32s' is no task's name", comm);
	snprintf(text, sizeof(text), "comm == \"%s\"", comm);
	return instance_filter(in, s, text, e);
}

static int set_cpus(struct instance *in, const uint8_t *mask, unsigned cpus, struct err *e)
{
	bool any = false;

	for (unsigned i = 0; i < KMM_CPUS; i++) {
		if (mask[i] && i >= cpus)
			return err_set(e, EINVAL, "this machine has no CPU %u, but 0 to %u", i,
				       cpus - 1);
		any |= mask[i] != 0;
	}
	return any ? instance_cpus(in, mask, cpus, e) : err_set(e, EINVAL, "no CPU is named");
}

int filter_set(struct instance *in, const struct event_set *s, const struct record_options *o,
	       pid_t command, unsigned cpus, struct err *e)
{
	int ret = set_pids(in, o, command, e);

	if (ret >= 0 && o->comm)
		ret = set_comm(in, s, o->comm, e);
	if (ret >= 0 && o->cpus)
		ret = set_cpus(in, o->cpus, cpus, e);
	return ret;
}

int filter_note(int dir, const struct record_options *o, struct err *e)
{
	int to, ret;
	FILE *f;

	if (!o->pids && !o->command_only && !o->comm && !o->cpus)
		return 0;
	to = outfile_folder(dir, "system", e);
	if (to < 0)
		return to;
	f = outfile_open(to, "narrowed", e);
	if (f) {
		/* Words alone: whose they are tells about the machine's users. */
		fprintf(f, "%s%s%s", o->pids || o->command_only ? "processes\n" : "",
			o->comm ? "comm\n" : "", o->cpus ? "cpus\n" : "");
		ret = outfile_close(f, to, "narrowed", e);
	} else {
		ret = err_code(e);
	}
	close(to);
	return ret < 0 ? err_prefix(e, "system/") : 0;
}
