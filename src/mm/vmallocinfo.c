// SPDX-License-Identifier: GPL-2.0-or-later
/* vmallocinfo: /proc/vmallocinfo in the kernel's format. */
#include <stdio.h>

#include "mm/vmap_area.h"

struct text {
	char s[512];
	size_t n;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *fmt, ...)
{
	__builtin_va_list ap;
	int n;

	__builtin_va_start(ap, fmt);
	n = vsnprintf(t->s + t->n, sizeof(t->s) - t->n, fmt, ap);
	__builtin_va_end(ap);
	if (n > 0)
		t->n += (size_t)n;
	if (t->n >= sizeof(t->s))
		t->n = sizeof(t->s) - 1;
}

static void put_range(struct text *t, const struct kmm_vmalloc *v, const struct vmap *a)
{
	int digits = v->config.end > UINT32_MAX ? 16 : 8;

	t->n = 0;
	put(t, "0x%0*llx-0x%0*llx %7llu", digits, (unsigned long long)a->start, digits,
	    (unsigned long long)a->start + a->size, (unsigned long long)a->size);
}

static void put_nodes(struct text *t, const struct kmm_vmalloc *v, const struct vmap *a)
{
	uint32_t n[KMM_NODES] = { 0 };

	for (uint32_t i = 0; i < a->pages; i++) {
		int zone = kmm_zone_of(v->mm, a->page[i]);

		if (zone >= 0)
			n[v->mm->zone[zone].node]++;
	}
	for (unsigned node = 0; node < v->mm->config.nodes; node++)
		if (n[node])
			put(t, " N%u=%u", node, n[node]);
}

static void put_area(struct text *t, const struct kmm_vmalloc *v, const struct vmap *a,
		     const char *symbol)
{
	put_range(t, v, a);
	if (a->kind == KMM_VM_RAM) {
		put(t, " vm_map_ram");
		return;
	}
	if (symbol)
		put(t, " %s", symbol);
	else if (a->caller)
		put(t, " 0x%llx", (unsigned long long)a->caller);
	/* vmap() does not note its pages. */
	if (a->owns)
		put(t, " pages=%u", a->pages);
	if (a->phys)
		put(t, " phys=0x%016llx", (unsigned long long)a->phys);
	if (a->kind == KMM_VM_IOREMAP)
		put(t, " ioremap");
	else if (a->kind == KMM_VM_MAP)
		put(t, " vmap");
	else
		put(t, " vmalloc");
	if (a->owns && v->config.end > UINT32_MAX)
		put_nodes(t, v, a);
}

void kmm_vmallocinfo(const struct kmm_vmalloc *v, const char *(*symbol)(void *arg, uint64_t caller),
		     void (*line)(void *arg, const char *text), void *arg)
{
	struct text t;

	for (const struct vmap *a = vmap_tree_from(v->busy, 0); a;
	     a = vmap_tree_from(v->busy, a->start + 1)) {
		put_area(&t, v, a, symbol ? symbol(arg, a->caller) : NULL);
		line(arg, t.s);
	}
	for (const struct vmap *a = v->lazy; a; a = a->next) {
		put_range(&t, v, a);
		put(&t, " unpurged vm_area");
		line(arg, t.s);
	}
}
