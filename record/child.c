// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_TRIES 500 /* of 10 ms: what it needs to end on a busy machine */

enum { GO = 3, FATE = 4 };

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child. While it waits it must not keep the instance in use: of all descriptors these two stay. */
static void wait_and_run(int go, int fate, char **command)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };
	char byte;
	int why;

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		signal(ours[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	fate = fcntl(fate, F_DUPFD, FATE + 1);
	dup2(go, GO);
	dup2(fate, FATE);
	close_range(FATE + 1, ~0u, 0);
	fcntl(FATE, F_SETFD, FD_CLOEXEC);
	if (read(GO, &byte, 1) != 1)
		_exit(0);
	close(GO);
	execvp(command[0], command);
	why = errno;
	if (write(FATE, &why, sizeof(why)) < 0)
		_exit(126);
	_exit(127);
}

int child_start(struct child *c, char **command, struct err *e)
{
	int go[2], fate[2];

	*c = CHILD_NONE;
	c->name = command[0];
	if (pipe2(go, O_CLOEXEC))
		return err_set(e, errno, "pipe: %s", strerror(errno));
	if (pipe2(fate, O_CLOEXEC)) {
		err_set(e, errno, "pipe: %s", strerror(errno));
		close(go[0]);
		close(go[1]);
		return err_code(e);
	}
	c->pid = fork();
	if (!c->pid)
		wait_and_run(go[0], fate[1], command);
	c->go = go[1];
	c->fate = fate[0];
	close(go[0]);
	close(fate[1]);
	if (c->pid > 0)
		return 0;
	err_set(e, errno, "fork: %s", strerror(errno));
	close_one(&c->go);
	close_one(&c->fate);
	c->pid = 0;
	return err_code(e);
}

int child_go(struct child *c, struct err *e)
{
	int why = 0;
	ssize_t n;

	if (write(c->go, "", 1) != 1)
		return err_set(e, errno, "%s: it ended before it was to begin", c->name);
	close_one(&c->go);
	do
		n = read(c->fate, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	close_one(&c->fate);
	return n == sizeof(why) ? err_set(e, why, "%s: %s", c->name, strerror(why)) : 0;
}

bool child_ended(struct child *c, int *status)
{
	if (c->pid <= 0 || waitpid(c->pid, status, WNOHANG) != c->pid)
		return false;
	c->pid = 0;
	return true;
}

bool child_end(struct child *c, int *status)
{
	close_one(&c->go);
	close_one(&c->fate);
	if (c->pid <= 0)
		return true;
	kill(c->pid, SIGTERM);
	for (int i = 0; i < END_TRIES; i++) {
		if (child_ended(c, status))
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}
