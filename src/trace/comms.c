// SPDX-License-Identifier: GPL-2.0-or-later
/* comms: the names of processes that the file has saved, lines "PID NAME". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/reader.h"

#define COMM_LEN 64

static int tell(struct trace *t, int32_t pid, uint32_t id)
{
	struct comm_news *n = &t->comm_news;

	if (n->count == n->room) {
		uint32_t room = n->room ? 2 * n->room : 64;
		struct comm_new *more = realloc(n->v, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		n->v = more;
		n->room = room;
	}
	n->v[n->count++] = (struct comm_new){ pid, id };
	return 0;
}

int comms_put(struct trace *t, int32_t pid, const char *name, size_t len)
{
	uint32_t id = intern_add(&t->comms, name, len);

	if (id == UINT32_MAX)
		return -ENOMEM;
	if (!t->comm_news.wanted || map_get(&t->comm_of, (uint32_t)pid) == id)
		return map_put(&t->comm_of, (uint32_t)pid, id);
	return map_put(&t->comm_of, (uint32_t)pid, id) ? -ENOMEM : tell(t, pid, id);
}

static int add_line(struct trace *t, const char *p, const char *eol)
{
	const char *space;
	uint64_t pid = 0;

	while (p < eol && *p == ' ')
		p++;
	for (space = p; space < eol && *space >= '0' && *space <= '9'; space++)
		pid = (pid * 10 + (uint64_t)(*space - '0')) & UINT32_MAX;
	if (space == p || space == eol || *space != ' ' || eol - space - 1 >= COMM_LEN)
		return 0;
	return comms_put(t, (int32_t)pid, space + 1, (size_t)(eol - space - 1));
}

int comms_read(struct trace *t, struct err *e)
{
	const char *p = t->file.cmdlines.text, *end = p ? p + t->file.cmdlines.len : NULL;

	if (intern_init(&t->comms) || map_init(&t->comm_of, 256))
		return err_set(e, ENOMEM, "out of memory for process names");
	while (p && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *eol = nl ? nl : end;

		if (add_line(t, p, eol))
			return err_set(e, ENOMEM, "out of memory for process names");
		p = eol + 1;
	}
	return 0;
}

const char *trace_comm(const struct trace *t, int32_t pid)
{
	uint32_t id;

	if (pid == 0)
		return "<idle>";
	id = map_get(&t->comm_of, (uint32_t)pid);
	return id == MAP_NONE ? NULL : intern_str(&t->comms, id);
}
