// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/privileges.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of whoever owns the folder: to write there.  Of another user's command: to end it.  The kernel's log and addresses. */
#define KEPT (1ull << CAP_DAC_OVERRIDE | 1ull << CAP_KILL | 1ull << CAP_SYSLOG)

#define NICE -10 /* nine times an ordinary task's share of a CPU that is busy */

/* A user without capabilities has none to drop; that it fails is no failure. */
static void keep(uint64_t mask)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct set[2];

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_capget, &head, set))
		return;
	for (unsigned i = 0; i < 2; i++) {
		set[i].permitted &= (uint32_t)(mask >> 32 * i);
		set[i].effective &= set[i].permitted;
		set[i].inheritable = 0;
	}
	syscall(SYS_capset, &head, set);
}

void privileges_drop(void)
{
	keep(KEPT);
}

void privileges_drop_all(void)
{
	keep(0);
}

void privileges_go_first(void)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
}
