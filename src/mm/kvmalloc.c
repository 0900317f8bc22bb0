// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmalloc: memory of any size, if need be without one block behind it (Linux 4.12 to 6.1). */
#include "mm/kmm_slab.h"
#include "mm/vmap_area.h"

uint64_t kmm_kvmalloc(struct kmm_vmalloc *v, struct kmm_slab *sl, unsigned cpu, uint64_t size,
		      kmm_gfp gfp)
{
	struct kmm_vm_request r = { .size = size, .gfp = gfp, .node = -1, .huge = true };
	kmm_gfp light = gfp;
	kmm_addr at;

	if (size > VMAP_PAGE) {
		light |= KMM_GFP_NOWARN;
		if (!(light & KMM_GFP_RETRY_MAYFAIL))
			light |= KMM_GFP_NORETRY;
		light &= ~(kmm_gfp)KMM_GFP_NOFAIL; /* vmalloc will do */
	}
	at = kmm_kmalloc(sl, cpu, (size_t)size, light);
	if (at != KMM_NULL || size <= VMAP_PAGE)
		return at;
	/* INT_MAX: nobody means that. */
	return size > INT32_MAX ? 0 : kmm_vmalloc_range(v, cpu, &r);
}

void kmm_kvfree(struct kmm_vmalloc *v, struct kmm_slab *sl, unsigned cpu, uint64_t addr)
{
	if (addr >= v->config.start && addr < v->config.end)
		kmm_vfree(v, cpu, addr);
	else
		kmm_kfree(sl, cpu, addr);
}
