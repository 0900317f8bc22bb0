// SPDX-License-Identifier: GPL-2.0-or-later
/* privileges: what /proc/self/status says after they were dropped, and what the kernel refuses then. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/privileges.h"

/* A line of the calling thread's status, as a number in that base. */
static uint64_t status(const char *name, int base)
{
	char path[64], line[200];
	uint64_t v = UINT64_MAX;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/status", syscall(SYS_gettid));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			v = strtoull(line + strlen(name) + 1, NULL, base);
	if (f)
		fclose(f);
	return v;
}

/* Run in a child, which cannot get them back: 0, or the line of what does not hold. */
#define HOLDS(x)                         \
	do {                             \
		if (!(x))                \
			_exit(__LINE__); \
	} while (0)

static void in_child(void (*what)(void))
{
	int got;
	pid_t pid = fork();

	if (!pid) {
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &got, 0), pid);
	if (!WIFEXITED(got) || WEXITSTATUS(got))
		fail_msg("what stands on line %d (modulo 256) does not hold", WEXITSTATUS(got));
}

static uint64_t kept(uint64_t had)
{
	return had & (1ull << CAP_DAC_OVERRIDE | 1ull << CAP_KILL | 1ull << CAP_SYSLOG);
}

static void dropped(void)
{
	uint64_t had = status("CapPrm", 16);

	privileges_drop();
	HOLDS(status("CapPrm", 16) == kept(had));
	HOLDS(status("CapEff", 16) == kept(had));
	HOLDS(status("CapInh", 16) == 0);
	HOLDS(status("NoNewPrivs", 10) == 1);
	/* Twice is as good as once. */
	privileges_drop();
	HOLDS(status("CapEff", 16) == kept(had));
	HOLDS(mount("none", "/proc", "tmpfs", 0, NULL) && errno == EPERM);
	HOLDS(chroot("/") && errno == EPERM);
}

static void dropped_all(void)
{
	privileges_drop_all();
	HOLDS(status("CapPrm", 16) == 0);
	HOLDS(status("CapEff", 16) == 0);
	/* The owner by the user's id it still is. */
	HOLDS(access("/proc/self/status", R_OK) == 0);
}

static void *drop_all(void *arg)
{
	privileges_drop_all();
	*(uint64_t *)arg = status("CapEff", 16);
	return NULL;
}

/* A thread that drops its own leaves the others theirs; one that is started later has no more. */
static void by_thread(void)
{
	uint64_t had = status("CapEff", 16), left = UINT64_MAX;
	pthread_t t;

	HOLDS(!pthread_create(&t, NULL, drop_all, &left) && !pthread_join(t, NULL));
	HOLDS(left == 0);
	HOLDS(status("CapEff", 16) == had);
	privileges_drop();
	HOLDS(!pthread_create(&t, NULL, drop_all, &left) && !pthread_join(t, NULL));
	HOLDS(left == 0 && status("CapEff", 16) == kept(had));
}

/* A program that is run afterwards gets none of them back, though root would. */
static void not_by_exec(void)
{
	privileges_drop();
	execl("/bin/sh", "sh", "-c",
	      "test $(( 0x$(sed -n 's/^CapEff:\t*//p' /proc/self/status) & 0x200000 )) = 0", NULL);
	_exit(255);
}

static void test_drop(void **state)
{
	(void)state;
	in_child(dropped);
}

static void test_drop_all(void **state)
{
	(void)state;
	in_child(dropped_all);
}

static void test_threads(void **state)
{
	(void)state;
	in_child(by_thread);
}

static void test_exec(void **state)
{
	(void)state;
	in_child(not_by_exec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_drop_all),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_exec),
	};

	return cmocka_run_group_tests_name("record_privileges", tests, NULL, NULL);
}
