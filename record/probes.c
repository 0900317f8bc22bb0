// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#define GROUP "kmemlab_"
#define KPROBES (TRACEFS_DYNEVENT_KPROBE | TRACEFS_DYNEVENT_KRETPROBE)

/* Arguments as the trace's readers name them; # stands for the width of a pointer in bits. */
static const struct {
	unsigned group; /* enum preset_probes */
	const char *event, *function, *arguments;
	bool on_return;
} known[] = {
	{ PROBES_HIGHMEM, "kmap_high", "kmap_high", "page=$arg1:x# flags=+0($arg1):x#", false },
	{ PROBES_HIGHMEM, "kmap_high_ret", "kmap_high", "vaddr=$retval:x#", true },
	{ PROBES_HIGHMEM, "kunmap_high", "kunmap_high", "page=$arg1:x#", false },
	{ PROBES_HIGHMEM, "kmap_local", "__kmap_local_page_prot",
	  "page=$arg1:x# flags=+0($arg1):x#", false },
	{ PROBES_HIGHMEM, "kmap_local_ret", "__kmap_local_page_prot", "vaddr=$retval:x#", true },
	{ PROBES_HIGHMEM, "kmap_local_pfn", "__kmap_local_pfn_prot", "pfn=$arg1:u#", false },
	{ PROBES_HIGHMEM, "kmap_local_pfn_ret", "__kmap_local_pfn_prot", "vaddr=$retval:x#", true },
	{ PROBES_HIGHMEM, "kunmap_local", "kunmap_local_indexed", "vaddr=$arg1:x#", false },
	{ PROBES_HIGHMEM, "flush_all_zero_pkmaps", "flush_all_zero_pkmaps", "", false },
	{ PROBES_VMALLOC, "vmalloc_range", "__vmalloc_node_range",
	  "size=$arg1:u# align=$arg2:u# start=$arg3:x#", false },
	{ PROBES_VMALLOC, "vmalloc_range_ret", "__vmalloc_node_range", "ret=$retval:x#", true },
	{ PROBES_VMALLOC, "vfree", "vfree", "addr=$arg1:x#", false },
	{ PROBES_VMALLOC, "vfree_atomic", "vfree_atomic", "addr=$arg1:x#", false },
	{ PROBES_VMALLOC, "vunmap", "vunmap", "addr=$arg1:x#", false },
	{ PROBES_VMALLOC, "vmap_ret", "vmap", "ret=$retval:x#", true },
	{ PROBES_VMALLOC, "remove_vm_area", "remove_vm_area", "addr=$arg1:x#", false },
};

static void with_width(const char *from, char *to, size_t n)
{
	size_t at = 0;

	for (; *from && at + 3 < n; from++)
		if (*from == '#')
			at += (size_t)snprintf(to + at, n - at, "%zu", sizeof(long) * 8);
		else
			to[at++] = *from;
	to[at] = '\0';
}

static bool make(const char *group, size_t i)
{
	char arguments[200];

	with_width(known[i].arguments, arguments, sizeof(arguments));
	return !(
		known[i].on_return ?
			tracefs_kretprobe_raw(group, known[i].event, known[i].function, arguments) :
			tracefs_kprobe_raw(group, known[i].event, known[i].function, arguments));
}

/* A file or a folder of tracefs; tracefs_file_exists() knows no folders. */
static bool is_there(const char *name)
{
	char *path = tracefs_get_tracing_file(name);
	bool there = path && !access(path, F_OK);

	tracefs_put_tracing_file(path);
	return there;
}

int probes_make(struct event_set *s, struct event_gaps *gaps, struct err *e)
{
	unsigned wanted = s->probes, made = 0;
	char group[32];
	int ret = 0;

	/* Where the kernel has events of its own, they say more. */
	if (is_there("events/vmalloc"))
		wanted &= ~(unsigned)PROBES_VMALLOC;
	snprintf(group, sizeof(group), GROUP "%d", (int)getpid());
	for (size_t i = 0; i < sizeof(known) / sizeof(*known) && ret >= 0; i++) {
		if (!(known[i].group & wanted))
			continue;
		if (!make(group, i)) {
			event_gaps_add(gaps, "kprobe", known[i].event);
			continue;
		}
		made |= known[i].group;
		ret = event_set_add(s, group, known[i].event);
	}
	if (ret < 0)
		return err_set(e, ENOMEM, "out of memory");
	if (wanted & ~made & PROBES_HIGHMEM)
		return err_set(e, ENOENT,
			       "none of the functions that map high memory can be probed: this "
			       "kernel has no high memory, no kprobes, or is locked down");
	return 0;
}

/* Whoever owns a group has the instance of the same number as long as it needs it. */
static bool is_owned(int pid)
{
	char name[64];

	snprintf(name, sizeof(name), "instances/kmemlab-%d", pid);
	return is_there(name);
}

/* The pid in the name of a probe's group; 0: it is none of ours. */
static int owner_of(struct tracefs_dynevent *probe)
{
	char *group = NULL;
	int pid = 0, end = 0;

	tracefs_dynevent_info(probe, &group, NULL, NULL, NULL, NULL);
	if (!group || sscanf(group, GROUP "%d%n", &pid, &end) != 1 || group[end])
		pid = 0;
	free(group);
	return pid > 0 ? pid : 0;
}

static struct tracefs_dynevent **all_probes(void)
{
	return is_there("kprobe_events") ? tracefs_dynevent_get_all(KPROBES, NULL) : NULL;
}

/* Those of a group's owner that is us, or of all whose owner is gone. */
static void sweep(bool dead)
{
	struct tracefs_dynevent **all = all_probes();

	for (struct tracefs_dynevent **x = all; x && *x; x++) {
		int pid = owner_of(*x);

		if (pid && (dead ? !is_owned(pid) : pid == getpid()))
			tracefs_dynevent_destroy(*x, true);
	}
	if (all)
		tracefs_dynevent_list_free(all);
}

bool probes_left_by(pid_t pid)
{
	struct tracefs_dynevent **all = all_probes();
	bool left = false;

	for (struct tracefs_dynevent **x = all; x && *x; x++)
		left |= owner_of(*x) == pid;
	if (all)
		tracefs_dynevent_list_free(all);
	return left;
}

void probes_remove(void)
{
	sweep(false);
}

void probes_tidy(void)
{
	sweep(true);
}
