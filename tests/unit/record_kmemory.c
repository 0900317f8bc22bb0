// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemory: a core file of known bytes, and the head of a real one with the kernel's own addresses. */
#include "tests/unit/kcore_file.h"

#include <errno.h>

#include "base/file.h"
#include "record/kmemory.h"

#define LOW 0xffff888000001000ull
#define HIGH 0xffffffff81000000ull
#define SMALL "traces/amd64-6.1-small"

static const uint8_t bytes[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static void open_it(struct kmemory *m, const struct kcore_file *k)
{
	struct err e = { 0 };

	if (kmemory_open(m, k->root, &e) < 0)
		fail_msg("%s", e.text);
}

static void what_is_mapped_is_read(void **state)
{
	struct kcore_file k;
	struct kmemory m;
	uint8_t got[32];

	(void)state;
	kcore_begin(&k, true);
	kcore_map(&k, LOW, bytes, 16);
	kcore_map(&k, HIGH, bytes + 8, 8);
	kcore_end(&k, "PAGESIZE=4096\n");
	open_it(&m, &k);
	assert_true(kmemory_read(&m, LOW, got, 16));
	assert_memory_equal(got, bytes, 16);
	assert_true(kmemory_read(&m, LOW + 13, got, 3));
	assert_memory_equal(got, bytes + 13, 3);
	assert_true(kmemory_read(&m, HIGH + 4, got, 4));
	assert_memory_equal(got, bytes + 12, 4);
	/* One byte before, one behind, in between, and where the sum overflows */
	assert_false(kmemory_read(&m, LOW - 1, got, 4));
	assert_false(kmemory_read(&m, LOW, got, 17));
	assert_false(kmemory_read(&m, LOW + 16, got, 1));
	assert_false(kmemory_read(&m, (LOW + HIGH) / 2, got, 1));
	assert_false(kmemory_read(&m, 0, got, 1));
	assert_false(kmemory_read(&m, UINT64_MAX, got, 8));
	assert_false(kmemory_read(&m, HIGH, got, SIZE_MAX));
	kmemory_close(&m);
	kcore_drop(&k);
}

/* What the file says to have and has not. */
static void cut_off_memory_is_not_there(void **state)
{
	struct kcore_file k;
	struct kmemory m;
	uint8_t got[16];
	char name[128];

	(void)state;
	kcore_begin(&k, true);
	kcore_map(&k, LOW, bytes, 16);
	kcore_end(&k, "");
	snprintf(name, sizeof(name), "%s/proc/kcore", k.root);
	assert_int_equal(truncate(name, KCORE_HEAD + 8), 0);
	open_it(&m, &k);
	assert_true(kmemory_read(&m, LOW, got, 8));
	assert_false(kmemory_read(&m, LOW, got, 9));
	kmemory_close(&m);
	kcore_drop(&k);
}

static void pointers_have_the_kernels_size(void **state)
{
	struct kcore_file k;
	struct kmemory m;
	uint64_t v;

	(void)state;
	for (unsigned wide = 0; wide < 2; wide++) {
		uint64_t at = wide ? HIGH : 0xc1000000;

		kcore_begin(&k, wide);
		kcore_map(&k, at, bytes, 16);
		kcore_end(&k, "");
		open_it(&m, &k);
		assert_int_equal(kmemory_pointer_size(&m), wide ? 8 : 4);
		assert_true(kmemory_pointer(&m, at, &v));
		assert_int_equal(v, wide ? 0x0807060504030201 : 0x04030201);
		assert_false(kmemory_pointer(&m, at + 13, &v));
		assert_false(kmemory_pointer(&m, 0, &v));
		assert_int_equal(v, 0);
		kmemory_close(&m);
		kcore_drop(&k);
	}
}

static void symbols_and_values(void **state)
{
	struct kcore_file k;
	struct kmemory m;
	uint64_t v;

	(void)state;
	kcore_begin(&k, true);
	kcore_end(&k, "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(node_data)=ffffffff82239000\n"
		      "SYMBOL(mem_section)=ffff8d0acbb94000\nOFFSET(page.lru)=8\n"
		      "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129");
	/* The note's own word counts for more; a module's variable is another. */
	kcore_put_text(&k, "proc/kallsyms",
		       "ffffffff99999000 D node_data\n"
		       "ffffffff8221cb60 R __per_cpu_offset\n"
		       "ffffffffc0123000 d slab_caches\t[somebody]\n"
		       "0000000000000000 A __per_cpu_start\n"
		       "0000000000000000 D pcpu_unit_size\n"
		       "ffffffff82350000 D mem_section\n"
		       "nonsense\n");
	open_it(&m, &k);
	assert_true(kmemory_symbol(&m, "node_data", &v));
	assert_int_equal(v, 0xffffffff82239000);
	assert_true(kmemory_symbol(&m, "mem_section", &v));
	assert_int_equal(v, 0xffff8d0acbb94000);
	assert_true(kmemory_symbol(&m, "__per_cpu_offset", &v));
	assert_int_equal(v, 0xffffffff8221cb60);
	assert_false(kmemory_symbol(&m, "slab_caches", &v));
	/* Addresses that the kernel hides are zeros. */
	assert_false(kmemory_symbol(&m, "pcpu_unit_size", &v));
	assert_false(kmemory_symbol(&m, "contig_page_data", &v));
	assert_int_equal(v, 0);
	assert_true(kmemory_info(&m, "PAGESIZE", &v));
	assert_int_equal(v, 4096);
	assert_true(kmemory_info(&m, "OFFSET(page.lru)", &v));
	assert_int_equal(v, 8);
	assert_true(kmemory_info(&m, "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", &v));
	assert_int_equal((int64_t)v, -129);
	assert_false(kmemory_info(&m, "OFFSET(page.lr)", &v));
	assert_false(kmemory_info(&m, "AGESIZE", &v));
	kmemory_close(&m);
	kcore_drop(&k);
}

/* Addresses as another program wrote them down when the capture was taken: before/symbols.txt. */
static void as_on_a_real_machine(void **state)
{
	struct kcore_file k;
	struct blob head, symbols, notes;
	struct err e = { 0 };
	struct kmemory m;
	unsigned seen = 0;
	uint64_t v;

	(void)state;
	kcore_begin(&k, true);
	fclose(k.f);
	assert_int_equal(file_read(SMALL "/system/kcore_head.raw", 1 << 20, &head, &e), 0);
	assert_int_equal(file_read(SMALL "/system/kallsyms", 64 << 20, &symbols, &e), 0);
	assert_int_equal(file_read(SMALL "/before/symbols.txt", 1 << 20, &notes, &e), 0);
	kcore_put(&k, "proc/kcore", head.data, head.len);
	kcore_put(&k, "proc/kallsyms", symbols.data, symbols.len);
	open_it(&m, &k);
	for (char *line = strtok((char *)notes.data, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long long addr, word;
		char name[64];

		/* mem_section is a pointer: VMCOREINFO has where it points to. */
		if (sscanf(line, "%63s 0x%llx 0x%llx", name, &addr, &word) != 3 ||
		    !kmemory_symbol(&m, name, &v))
			continue;
		assert_int_equal(v, strcmp(name, "mem_section") ? addr : word);
		seen++;
	}
	/* node_data, __per_cpu_offset, pcpu_unit_size, slab_caches, mem_section */
	assert_int_equal(seen, 5);
	assert_int_equal(kmemory_pointer_size(&m), 8);
	assert_true(kmemory_info(&m, "SIZE(page)", &v));
	assert_int_equal(v, 64);
	kmemory_close(&m);
	blob_free(&head);
	blob_free(&symbols);
	blob_free(&notes);
	kcore_drop(&k);
}

static void refused(struct kcore_file *k, int code, const char *why)
{
	struct err e = { 0 };
	struct kmemory m;

	assert_int_equal(kmemory_open(&m, k->root, &e), code);
	if (!strstr(e.text, why))
		fail_msg("'%s' says nothing of '%s'", e.text, why);
	assert_int_equal(m.fd, -1);
}

static void what_is_no_kernel_memory(void **state)
{
	static const uint8_t big_endian[64] = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2MSB };
	struct kcore_file k;
	struct blob head;
	struct err e = { 0 };
	char name[128];

	(void)state;
	kcore_begin(&k, true);
	fclose(k.f);
	refused(&k, -EBADMSG, "no ELF header");
	kcore_put(&k, "proc/kcore", big_endian, sizeof(big_endian));
	refused(&k, -EBADMSG, "little-endian");
	/* Cut off within its program headers */
	assert_int_equal(file_read(SMALL "/system/kcore_head.raw", 1 << 20, &head, &e), 0);
	kcore_put(&k, "proc/kcore", head.data, 200);
	refused(&k, -EBADMSG, "cut off");
	blob_free(&head);
	snprintf(name, sizeof(name), "%s/proc/kcore", k.root);
	unlink(name);
	refused(&k, -ENOENT, "no /proc/kcore");
	kcore_put(&k, "proc/kcore", "", 0);
	chmod(name, 0);
	chmod(k.root, 0755);
	if (!geteuid())
		assert_int_equal(seteuid(65534), 0);
	refused(&k, -EACCES, "is shut");
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	unlink(name);
	assert_int_equal(mkdir(name, 0700), 0);
	refused(&k, -EISDIR, "/proc/kcore: ");
	kcore_drop(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_mapped_is_read),
		cmocka_unit_test(cut_off_memory_is_not_there),
		cmocka_unit_test(pointers_have_the_kernels_size),
		cmocka_unit_test(symbols_and_values),
		cmocka_unit_test(as_on_a_real_machine),
		cmocka_unit_test(what_is_no_kernel_memory),
	};

	return cmocka_run_group_tests_name("record_kmemory", tests, NULL, NULL);
}
