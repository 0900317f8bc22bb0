// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/kmemory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD (1u << 18) /* program headers and notes */

static const char *const wanted[KMEMORY_SYMBOLS] = {
	"node_data",	   "contig_page_data", "__per_cpu_offset",
	"__per_cpu_start", "pcpu_unit_size",   "slab_caches",
};

static void read_symbols(struct kmemory *k, const char *root)
{
	char path[4200], line[512], name[256];
	uint64_t addr;
	FILE *f;

	for (size_t i = 0; i < KMEMORY_SYMBOLS; i++)
		k->symbols[i] = (struct kmemory_symbol){ wanted[i], 0 };
	snprintf(path, sizeof(path), "%s/proc/kallsyms", root);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		/* A module may have a variable of the same name. */
		if (strchr(line, '[') || sscanf(line, "%" SCNx64 " %*c %255s", &addr, name) != 2)
			continue;
		for (size_t i = 0; i < KMEMORY_SYMBOLS; i++)
			if (!strcmp(name, wanted[i]))
				k->symbols[i].addr = addr;
	}
	if (f)
		fclose(f);
}

static int read_head(struct kmemory *k, struct err *e)
{
	struct blob head = { malloc(HEAD + 1), 0 };
	ssize_t n = 0;
	int ret;

	if (!head.data)
		return err_set(e, ENOMEM, "out of memory");
	while (head.len < HEAD &&
	       (n = pread(k->fd, head.data + head.len, HEAD - head.len, (off_t)head.len)) > 0)
		head.len += (size_t)n;
	ret = n < 0 && !head.len ? err_set(e, errno, "/proc/kcore: %s", strerror(errno)) :
				   kcore_read(&k->k, &head, "/proc/kcore", e);
	blob_free(&head);
	return ret;
}

int kmemory_open(struct kmemory *k, const char *root, struct err *e)
{
	char path[4200];
	int ret;

	memset(k, 0, sizeof(*k));
	snprintf(path, sizeof(path), "%s/proc/kcore", root);
	k->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (k->fd < 0) {
		bool shut = errno == EPERM || errno == EACCES;

		return err_set(e, errno, "%s",
			       errno == ENOENT ? "this kernel has no /proc/kcore" :
			       shut ? "/proc/kcore is shut: it needs CAP_SYS_RAWIO, and a kernel "
				      "that is not locked down" :
				      strerror(errno));
	}
	ret = read_head(k, e);
	if (ret >= 0)
		read_symbols(k, root);
	else
		kmemory_close(k);
	return ret;
}

void kmemory_close(struct kmemory *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	kcore_free(&k->k);
}

bool kmemory_read(const struct kmemory *k, uint64_t addr, void *to, size_t len)
{
	for (uint32_t i = 0; i < k->k.count; i++) {
		const struct kcore_segment *s = &k->k.s[i];
		size_t got = 0;

		if (addr < s->vaddr || addr - s->vaddr > s->size ||
		    len > s->size - (addr - s->vaddr))
			continue;
		while (got < len) {
			ssize_t n = pread(k->fd, (uint8_t *)to + got, len - got,
					  (off_t)(s->offset + (addr - s->vaddr) + got));

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return false;
			got += (size_t)n;
		}
		return true;
	}
	return false;
}

unsigned kmemory_pointer_size(const struct kmemory *k)
{
	return k->k.wide ? 8 : 4;
}

bool kmemory_pointer(const struct kmemory *k, uint64_t addr, uint64_t *v)
{
	*v = 0;
	return addr && kmemory_read(k, addr, v, kmemory_pointer_size(k));
}

bool kmemory_info(const struct kmemory *k, const char *name, uint64_t *v)
{
	return kcore_info(&k->k, name, v);
}

bool kmemory_symbol(const struct kmemory *k, const char *name, uint64_t *addr)
{
	char key[80];

	*addr = 0;
	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	if (kmemory_info(k, key, addr))
		return *addr != 0;
	for (size_t i = 0; i < KMEMORY_SYMBOLS; i++)
		if (!strcmp(name, k->symbols[i].name))
			*addr = k->symbols[i].addr;
	return *addr != 0;
}
