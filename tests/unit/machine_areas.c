// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmallocinfo: lines with addresses, with hashes of them as a kernel of 6.1 prints them by default
 * (amd64-6.1-exact), and with zeros.
 */
#include "tests/unit/machine_source.h"

#include "machine/load.h"

static struct machine *read_areas(const char *text, int want)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct blob b = { (uint8_t *)(uintptr_t)text, strlen(text) };
	struct err e = { 0 };
	struct text t;

	assert_non_null(m);
	text_init(&t, "before/vmallocinfo", &b);
	assert_int_equal(vmallocinfo_parse(m, &t, &e), want);
	if (want)
		assert_non_null(strstr(e.text, "before/vmallocinfo: line "));
	return m;
}

static void with_addresses(void **state)
{
	struct machine *m = read_areas(
		"0xffffc90000000000-0xffffc90000005000   20480 irq_init_percpu_irqstack+0xf0/0x120 vmap\n"
		"0xffffc90000005000-0xffffc90000007000    8192 acpi_os_map_iomem+0x1b6/0x1d0 "
		"phys=0x000000001ffe1000 ioremap\n"
		"0xffffe8ffffc00000-0xffffe8ffffe00000 2097152 pcpu_get_vm_areas+0x0/0x1130 vmalloc\n"
		"0xffffc90000008000-0xffffc9000000d000   20480 dup_task_struct+0x5b/0x1b0 pages=4 "
		"vmalloc N0=4\n",
		0);

	(void)state;
	assert_int_equal(m->area_count, 4);
	assert_int_equal(m->areas[0].addr, 0xffffc90000000000);
	assert_int_equal(m->areas[0].size, 20480);
	assert_int_equal(m->areas[0].pages, 0);
	assert_true(m->areas[2].percpu);
	assert_int_equal(m->areas[3].pages, 4);
	assert_false(has_note(m, "vmallocinfo"));
	machine_free(m);
}

static void hidden(void **state)
{
	static const char *const texts[] = {
		"0x00000000132cc041-0x000000006b74923d   20480 irq_init_percpu_irqstack+0xf0/0x120 vmap\n"
		"0x000000006b74923d-0x0000000085d373dc    8192 acpi_os_map_iomem+0x1b6/0x1d0 "
		"phys=0x000000001ffe1000 ioremap\n",
		"0x0000000000000000-0x0000000000000000   20480 irq_init_percpu_irqstack+0xf0/0x120 vmap\n"
		"0x0000000000000000-0x0000000000000000    8192 acpi_os_map_iomem+0x1b6/0x1d0 "
		"phys=0x000000001ffe1000 ioremap\n",
		("0x132cc041-0x6b74923d   20480 irq_init_percpu_irqstack+0xf0/0x120 vmap\n"
		 "0x6b74923d-0x05d373dc    8192 acpi_os_map_iomem+0x1b6/0x1d0 phys=0x1ffe1000 ioremap\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct machine *m = read_areas(texts[i], 0);

		assert_int_equal(m->area_count, 2);
		assert_int_equal(m->areas[0].addr, 0);
		assert_int_equal(m->areas[0].size, 20480);
		assert_int_equal(m->areas[1].addr, 0);
		assert_int_equal(m->areas[1].size, 8192);
		assert_true(has_note(m, "addresses are hidden"));
		machine_free(m);
	}
}

/* A file of which a part has addresses and a part has not is none of the kernel's. */
static void damaged(void **state)
{
	static const char *const texts[] = {
		("0xffffc90000000000-0xffffc90000005000   20480 a+0x1/0x2 vmap\n"
		 "0xffffc90000005000-0xffffc90000007000    4096 b+0x1/0x2 vmap\n"),
		"0xffffc90000000000-0xffffc90000005000   20481 a+0x1/0x2 vmap\n",
		"0xffffc90000000000   20480 a+0x1/0x2 vmap\n",
		"0xffffc90000000000-0xffffc90000000000   0 a+0x1/0x2 vmap\n",
		"nonsense\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		machine_free(read_areas(texts[i], -EBADMSG));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_addresses),
		cmocka_unit_test(hidden),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests_name("machine_areas", tests, NULL, NULL);
}
