// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/kmw_summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, FLAG, BYTE, WORD, LONG };

static const struct {
	const char *key;
	enum kind kind;
	size_t offset, size;
} keys[] = {
#define K(name, kind)                                              \
	{                                                          \
#name, kind, offsetof(struct kmw_summary, name),   \
			sizeof(((struct kmw_summary *)NULL)->name) \
	}
	K(source, TEXT),	K(format, TEXT),     K(clock, TEXT),	 K(kernel, TEXT),
	K(clock_is_time, FLAG), K(big_endian, FLAG), K(long_size, BYTE), K(page_size, WORD),
	K(cpus, WORD),		K(events, LONG),     K(lost, LONG),	 K(lost_unknown, FLAG),
	K(first, LONG),		K(last, LONG),	     K(truncated, FLAG), K(requests, LONG),
	K(observations, LONG),	K(slots, WORD),	     K(caution, TEXT),
#undef K
};

#define KEYS (sizeof(keys) / sizeof(*keys))

/* ---- writing ---- */

/* Control bytes and '%' as %XX: a line stays a line, whatever the capture was called. */
static void print_text(FILE *f, const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == '%' || *s == 0x7f)
			fprintf(f, "%%%02X", (unsigned)(unsigned char)*s);
		else
			putc(*s, f);
}

/* A system or event name, which ends at a blank. */
static void print_name(FILE *f, const char *s)
{
	char c[2] = "";

	for (; *s; s++) {
		c[0] = *s;
		if (*s == ' ')
			fputs("%20", f);
		else
			print_text(f, c);
	}
}

int kmw_summary_text(const struct kmw_summary *s, struct blob *out, struct err *e)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, &out->len);
	bool bad;

	if (!f)
		return err_set(e, ENOMEM, "out of memory for the summary");
	for (unsigned i = 0; i < KEYS; i++) {
		const char *at = (const char *)s + keys[i].offset;

		fprintf(f, "%s ", keys[i].key);
		switch (keys[i].kind) {
		case TEXT:
			print_text(f, at);
			break;
		case FLAG:
			putc(*(const bool *)at ? '1' : '0', f);
			break;
		case BYTE:
			fprintf(f, "%u", *(const uint8_t *)at);
			break;
		case WORD:
			fprintf(f, "%" PRIu32, *(const uint32_t *)(const void *)at);
			break;
		case LONG:
			fprintf(f, "%" PRIu64, *(const uint64_t *)(const void *)at);
			break;
		}
		putc('\n', f);
	}
	for (uint32_t i = 0; i < s->count_n; i++) {
		fprintf(f, "event %" PRIu64 " ", s->counts[i].count);
		print_name(f, s->counts[i].system);
		putc(' ', f);
		print_name(f, s->counts[i].name);
		putc('\n', f);
	}
	for (uint32_t i = 0; i < s->per_cpu_n; i++) {
		const struct kmw_cpu_count *k = &s->per_cpu[i];

		fprintf(f, "cpu %" PRIu32 " %" PRIu64 " %" PRIu64 " %d", i, k->events, k->lost,
			k->lost_unknown);
		if (k->have_overrun)
			fprintf(f, " %" PRIu64, k->overrun);
		putc('\n', f);
	}
	bad = ferror(f);
	if (fclose(f) || bad) {
		free(text);
		return err_set(e, ENOMEM, "out of memory for the summary");
	}
	out->data = (uint8_t *)text;
	return 0;
}

/* ---- reading ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void scan_text(char *out, size_t room, const char *s, const char *end)
{
	size_t n = 0;

	while (s < end && n + 1 < room) {
		if (*s == '%' && end - s > 2 && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
			out[n++] = (char)(hex_digit(s[1]) * 16 + hex_digit(s[2]));
			s += 3;
		} else {
			out[n++] = *s++;
		}
	}
	out[n] = '\0';
}

static int scan_event(struct kmw_summary *s, const char *p, const char *end, uint32_t *room)
{
	struct kmw_event_count *k;
	const char *blank;
	char *after;

	if (s->count_n == *room) {
		uint32_t more = *room ? *room * 2 : 64;

		k = realloc(s->counts, more * sizeof(*k));
		if (!k)
			return -ENOMEM;
		s->counts = k;
		*room = more;
	}
	k = &s->counts[s->count_n];
	memset(k, 0, sizeof(*k));
	k->count = strtoull(p, &after, 10);
	if (after >= end || *after != ' ')
		return 0;
	p = after + 1;
	blank = memchr(p, ' ', (size_t)(end - p));
	if (!blank)
		return 0;
	scan_text(k->system, sizeof(k->system), p, blank);
	scan_text(k->name, sizeof(k->name), blank + 1, end);
	s->count_n++;
	return 0;
}

/* "N EVENTS LOST UNKNOWN [OVERRUN]"; the CPUs come in order. */
static int scan_cpu(struct kmw_summary *s, const char *p, const char *end)
{
	uint64_t v[5] = { 0 };
	struct kmw_cpu_count *k;
	unsigned n = 0;

	for (char *after; n < 5 && p < end; p = after + 1, n++) {
		v[n] = strtoull(p, &after, 10);
		if (after == p || after > end || (after < end && *after != ' '))
			return 0;
	}
	if (n < 4 || v[0] != s->per_cpu_n || v[0] >= KMM_CPUS)
		return 0;
	if (!(s->per_cpu_n & (s->per_cpu_n - 1))) {
		size_t more = s->per_cpu_n ? 2 * s->per_cpu_n : 1;

		k = realloc(s->per_cpu, more * sizeof(*k));
		if (!k)
			return -ENOMEM;
		s->per_cpu = k;
	}
	s->per_cpu[s->per_cpu_n++] = (struct kmw_cpu_count){ v[1], v[2], v[3] != 0, n == 5, v[4] };
	return 0;
}

static void scan_key(struct kmw_summary *s, unsigned i, const char *p, const char *end)
{
	char *at = (char *)s + keys[i].offset;
	uint64_t v = strtoull(p, NULL, 10);

	switch (keys[i].kind) {
	case TEXT:
		scan_text(at, keys[i].size, p, end);
		break;
	case FLAG:
		*(bool *)at = v != 0;
		break;
	case BYTE:
		*(uint8_t *)at = (uint8_t)v;
		break;
	case WORD:
		*(uint32_t *)(void *)at = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
		break;
	case LONG:
		*(uint64_t *)(void *)at = v;
		break;
	}
}

int kmw_summary_parse(const struct blob *b, struct kmw_summary *s, struct err *e)
{
	const char *p = (const char *)b->data, *end = p + b->len;
	uint32_t room = 0;

	memset(s, 0, sizeof(*s));
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *stop = eol ? eol : end;
		const char *blank = memchr(p, ' ', (size_t)(stop - p));

		if (blank && blank - p == 5 && !memcmp(p, "event", 5)) {
			if (scan_event(s, blank + 1, stop, &room) < 0)
				return err_set(e, ENOMEM, "out of memory for the summary");
		} else if (blank && blank - p == 3 && !memcmp(p, "cpu", 3)) {
			if (scan_cpu(s, blank + 1, stop) < 0)
				return err_set(e, ENOMEM, "out of memory for the summary");
		} else if (blank) {
			for (unsigned i = 0; i < KEYS; i++)
				if (strlen(keys[i].key) == (size_t)(blank - p) &&
				    !memcmp(keys[i].key, p, (size_t)(blank - p)))
					scan_key(s, i, blank + 1, stop);
		}
		p = stop + 1;
	}
	/* Whoever reads it may take it as an index. */
	s->cpus = s->cpus < KMM_CPUS ? s->cpus : KMM_CPUS;
	return 0;
}
