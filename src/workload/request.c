// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/request.h"

static const char *const op_names[] = {
#define X(op, name) [op] = name,
	REQUEST_OPS(X)
#undef X
};

static const char *const owner_names[] = {
#define X(owner, name) [owner] = name,
	REQUEST_OWNERS(X)
#undef X
};

bool request_claims_silently(const struct machine *m)
{
	return m->kernel_major > 6 || (m->kernel_major == 6 && m->kernel_minor >= 10);
}

bool request_takes(const struct machine *m, const struct request *q)
{
	if (q->sig.op != OBS_EXTFRAG)
		return q->sig.op == OBS_ZONE_LOCKED;
	return request_claims_silently(m) &&
	       !(q->sig.aux < m->pageblock_order && q->sig.aux2 & 0x80);
}

const char *request_op_name(enum request_op op)
{
	return (unsigned)op < REQUEST_OP_COUNT ? op_names[op] : "unknown";
}

const char *request_owner_name(enum request_owner owner)
{
	return (unsigned)owner < REQUEST_OWNER_COUNT ? owner_names[owner] : "unknown";
}
