// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/request.h"

const char *request_op_name(enum request_op op)
{
	static const char *const names[] = {
#define X(op, name) name,
		REQUEST_OPS(X)
#undef X
	};

	return op < REQUEST_OP_COUNT ? names[op] : "?";
}

const char *request_owner_name(enum request_owner owner)
{
	static const char *const names[] = {
#define X(owner, name) name,
		REQUEST_OWNERS(X)
#undef X
	};

	return owner < REQUEST_OWNER_COUNT ? names[owner] : "?";
}
