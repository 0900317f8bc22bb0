// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/rebase.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "trace/kthread.h"

#define SMALL 4096 /* below: null and numbers; as much below 2^64: error values */
#define KERNEL \
	0xff00000000000000ull /* 64 bits: from here on addresses of kernels (57-bit ones too) */
#define KERNEL32 0x80000000u  /* 32 bits: the same, unless user space was given less than half */

static int draw(void *p, size_t n, struct err *e)
{
	ssize_t got;

	do
		got = getrandom(p, n, 0);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)n ? 0 : err_set(e, EIO, "no random numbers from the kernel");
}

int rebase_init(struct rebase *r, unsigned long_size, struct err *e)
{
	uint32_t key[2];

	memset(r, 0, sizeof(*r));
	r->wide = long_size == 8;
	if (draw(key, sizeof(key), e) < 0)
		return err_code(e);
	r->text = (32 + key[0] % 480ull) << 21;
	r->other = r->wide ? (64 + key[1] % 8128ull) << 30 : (4 + key[1] % 4ull) << 28;
	return intern_init(&r->names) ? err_set(e, ENOMEM, "out of memory") : 0;
}

void rebase_free(struct rebase *r)
{
	intern_free(&r->names);
	free(r->tokens);
	memset(r, 0, sizeof(*r));
}

uint64_t rebase_address(const struct rebase *r, uint64_t v)
{
	if (v < SMALL)
		return v;
	if (!r->wide)
		return v >= UINT32_MAX - SMALL ? v : (uint32_t)(v - r->other);
	if (v > UINT64_MAX - SMALL)
		return v;
	return v >= REBASE_TEXT ? v - r->text : v >> 63 ? v - r->other : v + r->other;
}

uint64_t rebase_word(const struct rebase *r, uint64_t v)
{
	return r->wide && v >= KERNEL ? rebase_address(r, v) : v;
}

/* ---- names ---- */

const char *rebase_name(struct rebase *r, const char *name, size_t len)
{
	uint32_t had = r->names.count, id, key;
	struct err e;
	size_t kept;

	/* A task may call itself nothing at all, which tells nothing. */
	if (!len)
		return "";
	id = intern_add(&r->names, name, len);
	if (id == UINT32_MAX)
		return NULL;
	if (id < had)
		return r->tokens[id];
	if (id >= r->room) {
		void *more = realloc(r->tokens, (2 * (size_t)id + 64) * sizeof(*r->tokens));

		if (!more)
			return NULL;
		r->tokens = more;
		r->room = 2 * id + 64;
	}
	if (kthread_of(name, len, &kept)) {
		snprintf(r->tokens[id], REBASE_TOKEN, "%.*s", (int)kept, name);
	} else {
		if (draw(&key, sizeof(key), &e) < 0)
			return NULL;
		snprintf(r->tokens[id], REBASE_TOKEN, "p-%08" PRIx32, key);
		r->replaced++;
	}
	return r->tokens[id];
}

/* ---- text ---- */

/* An address as the kernel prints them: all digits of its width, or with 0x in front. */
static bool is_address(const struct rebase *r, size_t digits, bool prefix, uint64_t v)
{
	if (!r->wide)
		return digits == 8 && v >= KERNEL32;
	return v >= KERNEL && digits <= 16 && (digits == 16 || (prefix && digits > 8));
}

void rebase_text(const struct rebase *r, const char *p, size_t len, bool addresses, FILE *out)
{
	const char *end = p + len, *start = p;
	bool looked = r->wide || addresses;

	while (p < end) {
		const char *from = p;
		uint64_t v = 0;
		bool prefix;
		size_t n;

		while (p < end && isxdigit((unsigned char)*p)) {
			v = v << 4 | (uint64_t)(*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10);
			p++;
		}
		n = (size_t)(p - from);
		prefix = from - start >= 2 && from[-1] == 'x' && from[-2] == '0';
		if (looked && is_address(r, n, prefix, v))
			fprintf(out, "%0*" PRIx64, (int)n, rebase_address(r, v));
		else if (n)
			fwrite(from, 1, n, out);
		if (p < end)
			putc(*p++, out);
	}
}
