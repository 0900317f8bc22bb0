// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/vmallocinfo: lines of amd64-6.1-files and i386-6.1-highmem, addresses aside. */
#include "mm_machine.h"

#include "mm/kmm_vmalloc.h"

#define FRAMES 16384u

struct lines {
	char text[8][256];
	unsigned n;
};

static void add(void *arg, const char *text)
{
	struct lines *l = arg;

	assert_true(l->n < 8);
	snprintf(l->text[l->n++], sizeof(l->text[0]), "%s", text);
}

static const char *symbol(void *arg, uint64_t caller)
{
	static const char *const names[] = { NULL, "kernel_clone+0xbf/0x430",
					     "hpet_enable+0xef/0x46d",
					     "irq_init_percpu_irqstack+0xf0/0x120" };

	(void)arg;
	return caller < 4 ? names[caller] : NULL;
}

/* What follows the two addresses. */
static const char *rest(const char *line)
{
	const char *at = strchr(line, ' ');

	assert_non_null(at);
	return at;
}

static void test_lines(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, FRAMES);
	struct kmm_vm_request r = { .size = 16384, .align = 16384, .node = -1, .caller = 1 };
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc *v;
	struct lines l = { .n = 0 };
	kmm_pfn pages[4] = { 1, 2, 3, 4 };
	uint64_t stack, gone;

	(void)state;
	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	kmm_vmalloc_config_init(&c, KMM_X86_64, KMM_LINUX_6_1, 0);
	v = kmm_vmalloc_create(mm, &c);
	assert_non_null(v);
	stack = kmm_vmalloc_range(v, 0, &r);
	assert_true(kmm_ioremap(v, 0, 0xfed00000u, 1024));
	assert_true(kmm_vmap(v, 0, pages, 4));
	r.caller = 0x4711;
	r.size = 4096;
	assert_true(kmm_vmalloc_range(v, 0, &r));
	gone = kmm_vmalloc(v, 0, 4096);
	kmm_vfree(v, 0, gone);
	kmm_vmallocinfo(v, symbol, add, &l);
	assert_int_equal(l.n, 5);
	assert_int_equal(stack, UINT64_C(0xffffc90000000000));
	assert_string_equal(l.text[0], "0xffffc90000000000-0xffffc90000005000   20480 "
				       "kernel_clone+0xbf/0x430 pages=4 vmalloc N0=4");
	assert_string_equal(rest(l.text[1]), "    8192 phys=0x00000000fed00000 ioremap");
	assert_string_equal(rest(l.text[2]), "   20480 vmap");
	assert_string_equal(rest(l.text[3]), "    8192 0x4711 pages=1 vmalloc N0=1");
	assert_string_equal(rest(l.text[4]), "    8192 unpurged vm_area");
	kmm_vmalloc_destroy(v);
	machine_done(mm);
}

static void test_i386(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, FRAMES);
	struct kmm_vmalloc_config c;
	struct kmm_vmalloc *v;
	struct lines l = { .n = 0 };
	kmm_pfn page = 1;

	(void)state;
	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	kmm_vmalloc_config_init(&c, KMM_X86_32_PAE, KMM_LINUX_6_1, UINT64_C(225278) << 12);
	v = kmm_vmalloc_create(mm, &c);
	assert_true(kmm_vmalloc(v, 0, 16384));
	assert_true(kmm_vm_map_ram(v, 0, &page, 1));
	kmm_vmallocinfo(v, NULL, add, &l);
	assert_int_equal(l.n, 2);
	assert_string_equal(rest(l.text[0]), "   20480 pages=4 vmalloc");
	assert_int_equal(strlen(l.text[0]) - strlen(rest(l.text[0])), 21);
	assert_non_null(strstr(l.text[1], " vm_map_ram"));
	kmm_vmalloc_destroy(v);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_i386),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
