// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/instance.h"
#include "record/probes.h"

#define TRIES 100 /* of 50 ms: the kernel closes what the recorder had open one by one */
#define TRY_MS 50

enum { ENDS = 3 };

/* 1; 0 at the other one's end. */
static ssize_t read_byte(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n;
}

/*
 * In the guardian: nothing stays open that keeps anything in use, and what ends a recorder well, from the
 * terminal or from systemd, is not for it.
 */
static void wait_for_end(int ends)
{
	pid_t recorder = getppid();
	ssize_t n;

	setsid();
	for (int i = 1; i < NSIG; i++)
		if (i != SIGCHLD)
			signal(i, SIG_IGN);
	prctl(PR_SET_NAME, "kmemlab-guard");
	if (chdir("/"))
		_exit(1);
	dup2(ends, ENDS);
	close_range(ENDS + 1, ~0u, 0);
	for (int fd = 0, null = open("/dev/null", O_RDWR); fd < ENDS; fd++)
		dup2(null, fd);
	if (write(ENDS, "", 1) != 1)
		_exit(1);
	n = read_byte(ENDS);
	for (int i = 0;
	     n == 0 && (instance_left_by(recorder) || probes_left_by(recorder)) && i < TRIES; i++) {
		poll(NULL, 0, TRY_MS);
		instance_tidy();
	}
	_exit(0);
}

int guardian_start(struct guardian *g, struct err *e)
{
	int ends[2];

	*g = GUARDIAN_NONE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return err_set(e, errno, "socketpair: %s", strerror(errno));
	g->pid = fork();
	if (!g->pid) {
		close(ends[1]);
		wait_for_end(ends[0]);
	}
	close(ends[0]);
	if (g->pid < 0) {
		err_set(e, errno, "fork: %s", strerror(errno));
		close(ends[1]);
		*g = GUARDIAN_NONE;
		return err_code(e);
	}
	g->line = ends[1];
	/* Until it has let go of what it got from us, nothing could be removed. */
	if (read_byte(g->line) == 1)
		return 0;
	guardian_dismiss(g);
	return err_set(e, EIO, "the process that guards the recorder ended at once");
}

void guardian_dismiss(struct guardian *g)
{
	if (!g->pid)
		return;
	if (send(g->line, "", 1, MSG_NOSIGNAL) < 0)
		errno = 0; /* it is gone */
	close(g->line);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*g = GUARDIAN_NONE;
}
