// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's areas by their mappings, from lines as meminfo and vmallocinfo have them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/areas.h"

static const char *meminfo, *vmallocinfo;

static int read_text(void *ctx, const char *name, struct blob *out, struct err *e)
{
	const char *text = strstr(name, "meminfo") ? meminfo : vmallocinfo;

	(void)ctx, (void)e;
	if (!text)
		return -ENOENT;
	out->data = (uint8_t *)strdup(text);
	out->len = strlen(text);
	return 0;
}

static const struct snapshot_source source = { read_text, NULL };

static void test_areas(void **state)
{
	struct area a[AREAS];
	struct err e = { 0 };

	(void)state;
	meminfo = "MemTotal: 1000 kB\nDirectMap4k:       40 kB\nDirectMap2M:     4096 kB\n"
		  "DirectMap1G:           0 kB\n";
	vmallocinfo = "0x1-0x2   20480 irq_init+0xf0/0x120 pages=4 vmalloc\n"
		      "0x1-0x2    8192 acpi_os_map_iomem+0x1b6/0x1d0 phys=0x3ffe1000 ioremap\n"
		      "0x1-0x2 1048576 pcpu_get_vm_areas+0x0/0x1 vmalloc\n"
		      "0x1-0x2   12288 module_alloc+0x5/0x9 pages=2 vmalloc N0=2\n"
		      "0x1-0x2   20480 irq_stack+0xf0/0x120 vmap\n";
	assert_int_equal(areas_read(a, &source, "after", &e), 0);
	assert_true(a[AREA_DIRECT].known);
	assert_int_equal(a[AREA_DIRECT].bytes[TLB_4K], 40 << 10);
	/* 10 small pages and 2 large ones. */
	assert_int_equal(area_entries(&a[AREA_DIRECT]), 12);
	/* 20480 less the guard page. */
	assert_int_equal(area_entries(&a[AREA_VMALLOC]), 4);
	assert_int_equal(area_entries(&a[AREA_IOREMAP]), 1);
	assert_int_equal(area_entries(&a[AREA_PERCPU]), 255);
	assert_int_equal(area_entries(&a[AREA_MODULE]), 2);
	assert_int_equal(a[AREA_OTHER].ranges, 1);
}

static void test_unknown(void **state)
{
	struct area a[AREAS];
	struct err e = { 0 };

	(void)state;
	meminfo = "MemTotal: 1000 kB\n";
	vmallocinfo = NULL;
	assert_int_equal(areas_read(a, &source, "before", &e), 0);
	for (unsigned k = 0; k < AREAS; k++)
		assert_false(a[k].known);
	vmallocinfo = "nonsense\n\n0x1-0x2 x y\n";
	assert_int_equal(areas_read(a, &source, "before", &e), 0);
	assert_true(a[AREA_VMALLOC].known);
	assert_int_equal(area_entries(&a[AREA_VMALLOC]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_areas),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
