// SPDX-License-Identifier: GPL-2.0-or-later
/* What a user of the installed library writes: one zone, one page out and in again. */
#include <kmm/kmm.h>
#include <stdio.h>

int main(void)
{
	static struct kmm_config c = { .zones = 1, .cpus = 1, .nodes = 1 };
	char why[200] = "";
	uint64_t before;
	struct kmm *mm;
	kmm_pfn pfn;

	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.zone[0] = (struct kmm_zone_config){ .type = KMM_ZONE_NORMAL,
					      .start = 4096,
					      .spanned = 4096,
					      .present = 4096,
					      .managed = 4096 };
	mm = kmm_create(&c, why, sizeof(why));
	if (!mm || kmm_seed_boot(mm, 4096, 8192, KMM_MOVABLE)) {
		fprintf(stderr, "no machine: %s\n", why);
		return 1;
	}
	before = kmm_zone_free_pages(mm, 0);
	pfn = kmm_alloc_pages(mm, 0, KMM_GFP_DIRECT_RECLAIM | KMM_GFP_IO | KMM_GFP_FS, 3);
	if (pfn == KMM_NO_PFN || pfn < 4096 || pfn >= 8192 || pfn % 8) {
		fprintf(stderr, "no block\n");
		return 1;
	}
	kmm_free_pages(mm, 0, pfn, 3);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	if (kmm_zone_free_pages(mm, 0) != before || kmm_validate(mm, why, sizeof(why))) {
		fprintf(stderr, "pages went missing: %s\n", why);
		return 1;
	}
	kmm_destroy(mm);
	puts("libkmm works");
	return 0;
}
