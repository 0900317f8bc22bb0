/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms_line: a line of the text of /proc/kallsyms, "address type name [module]".  A kernel has
 * a hundred thousand and more, and an import goes through all of them to keep a few.
 */
#ifndef MACHINE_KALLSYMS_LINE_H
#define MACHINE_KALLSYMS_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct kallsyms_line {
	uint64_t addr;
	const char *name;
	size_t len;
};

/* Eight hexadecimal digits at once, a byte each, the first the highest; false: something else is among them. */
static inline bool eight_digits(uint64_t v, uint64_t *value)
{
	const uint64_t each = 0x0101010101010101, high = 0x80 * each;
	uint64_t lower = v | 0x20 * each;
	uint64_t digits = ((v | high) - '0' * each) & ~(v + (0x7f - '9') * each);
	uint64_t letters = ((lower | high) - 'a' * each) & ~(lower + (0x7f - 'f') * each);

	if (v & high || ((digits | letters) & high) != high)
		return false;
	v = (v & 0x0f * each) + 9 * (v >> 6 & each);
	v = (v | v >> 4) & 0x00ff00ff00ff00ff;
	v = (v | v >> 8) & 0x0000ffff0000ffff;
	*value = (v | v >> 16) & 0xffffffff;
	return true;
}

/* The upper half of an address, which most lines share with the one before. */
struct kallsyms_upper {
	uint64_t text, value;
};

static inline bool sixteen_digits(const char *p, struct kallsyms_upper *u, uint64_t *addr)
{
	uint64_t upper, lower;

	memcpy(&upper, p, sizeof(upper));
	memcpy(&lower, p + 8, sizeof(lower));
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
		upper = __builtin_bswap64(upper);
		lower = __builtin_bswap64(lower);
	}
	if (upper != u->text) {
		u->text = 0; /* no digit at all */
		if (!eight_digits(upper, &u->value))
			return false;
		u->text = upper;
	}
	if (!eight_digits(lower, addr))
		return false;
	*addr |= u->value << 32;
	return true;
}

/* The number at p, which ends at *rest. */
static inline uint64_t kallsyms_address(const char *p, const char *end, const char **rest,
					struct kallsyms_upper *u)
{
	uint64_t addr;

	if (end - p > 16 && p[16] == ' ' && sixteen_digits(p, u, &addr)) {
		*rest = p + 16;
		return addr;
	}
	for (addr = 0; p < end; p++) {
		unsigned c = (unsigned char)*p, digit = c - '0', letter = (c | 32) - 'a';

		if (digit > 9 && letter > 5)
			break;
		addr = addr << 4 | (digit <= 9 ? digit : letter + 10);
	}
	*rest = p;
	return addr;
}

/* Does " t name" stand behind an address, a name of anything but an absolute value? */
static inline bool kallsyms_named(const char *p, const char *eol)
{
	return eol - p > 3 && p[0] == ' ' && p[2] == ' ' && (p[1] | 32) != 'a' &&
	       (unsigned char)p[3] > ' ';
}

static inline bool kallsyms_line(const char *p, const char *eol, struct kallsyms_line *l,
				 struct kallsyms_upper *u)
{
	l->addr = kallsyms_address(p, eol, &p, u);
	if (!l->addr || !kallsyms_named(p, eol))
		return false;
	l->name = p + 3;
	for (p = l->name; p < eol && (unsigned char)*p > ' '; p++)
		;
	l->len = (size_t)(p - l->name);
	return true;
}

static inline const char *kallsyms_eol(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl : end;
}

#endif
