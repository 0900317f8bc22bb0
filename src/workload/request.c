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

const char *request_op_name(enum request_op op)
{
	return (unsigned)op < REQUEST_OP_COUNT ? op_names[op] : "unknown";
}

const char *request_owner_name(enum request_owner owner)
{
	return (unsigned)owner < REQUEST_OWNER_COUNT ? owner_names[owner] : "unknown";
}
