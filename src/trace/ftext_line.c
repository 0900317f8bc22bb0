// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/ftext_line.h"

#include <string.h>

#include "trace/bytes.h"
#include "trace/event.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool ftext_number(const char *p, const char *end, uint64_t *v)
{
	*v = 0;
	if (p == end || end - p > 19)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		*v = *v * 10 + (uint64_t)(*p - '0');
	}
	return true;
}

#define SPACES 0x2020202020202020ull

/* Eight characters, the first in the lowest byte. */
static inline uint64_t eight(const char *p)
{
	return bytes_u64((const uint8_t *)p, HOST_BIG_ENDIAN);
}

/* The top bit of each byte of x that is 0, and no other bit. */
static inline uint64_t zero_bytes(uint64_t x)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7full;

	return ~(((x & low) + low) | x | low);
}

/* Where something else than spaces begins. */
static const char *over_spaces(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t other = eight(p) ^ SPACES;

		if (other)
			return p + __builtin_ctzll(other) / 8;
		p += 8;
	}
	while (p < end && *p == ' ')
		p++;
	return p;
}

/* Where it ends, before `end`; and where the last space before `end` ends: the start of a word. */
static const char *back_over_spaces(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t other = eight(end - 8) ^ SPACES;

		if (other)
			return end - __builtin_clzll(other) / 8;
		end -= 8;
	}
	while (end > p && end[-1] == ' ')
		end--;
	return end;
}

static const char *back_to_space(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t spaces = zero_bytes(eight(end - 8) ^ SPACES);

		if (spaces)
			return end - __builtin_clzll(spaces) / 8;
		end -= 8;
	}
	while (end > p && end[-1] != ' ')
		end--;
	return end;
}

/* The word that ends before *end, and nothing of the spaces around it; *end is moved to its start. */
static const char *word_before(const char *p, const char **end)
{
	const char *stop = back_over_spaces(p, *end);

	*end = back_to_space(p, stop);
	return stop;
}

/* "8.467970911" */
bool ftext_seconds(const char *p, const char *end, uint64_t *ns)
{
	uint64_t whole = 0, part = 0;
	const char *dot;

	if (end - p > 30)
		return false;
	for (dot = p; dot < end && is_digit(*dot); dot++)
		whole = whole * 10 + (uint64_t)(*dot - '0');
	if (dot == p || end - dot < 2 || end - dot > 10 || *dot != '.' || dot - p > 19 ||
	    whole > UINT64_MAX / 1000000000 - 1)
		return false;
	for (p = dot + 1; p < end && is_digit(*p); p++)
		part = part * 10 + (uint64_t)(*p - '0');
	if (p < end)
		return false;
	for (int64_t digits = end - dot - 1; digits < 9; digits++)
		part *= 10;
	*ns = whole * 1000000000 + part;
	return true;
}

/* The time that ends at a colon; *start is where it begins. */
static bool read_time(struct ftext_line *l, const char *p, const char *colon, const char **start)
{
	const char *end = colon;

	/* "1234us : ", "1234us+: ": a mark of long delays, or a space */
	if (end - p > 3 && end[-2] == 's' && end[-3] == 'u' && strchr(" +!#*@$", end[-1]))
		end--;
	*start = end;
	end = word_before(p, start);
	if (end - *start > 2 && end[-1] == 's' && end[-2] == 'u') {
		l->clock = FTEXT_MICROSECONDS;
		if (!ftext_number(*start, end - 2, &l->time) || l->time > UINT64_MAX / 1000)
			return false;
		l->time *= 1000;
		return true;
	}
	if (end != colon)
		return false;
	if (ftext_seconds(*start, end, &l->time)) {
		l->clock = FTEXT_SECONDS;
		return true;
	}
	l->clock = FTEXT_COUNTS;
	return ftext_number(*start, end, &l->time);
}

/* "d.h1.": irqs off, need to reschedule, in an interrupt, preemption depth, ... */
bool ftext_flags(struct ftext_line *l, const char *p, const char *end)
{
	if (end - p < 4 || end - p > 8)
		return false;
	for (const char *c = p; c < end; c++)
		if (!memchr(".dDbBXnNpPlLhHsSzZ0123456789abcdefx#", *c, 36))
			return false;
	switch (p[2]) {
	case 'z':
		l->irq = EVENT_NMI;
		break;
	case 'Z':
		l->irq = EVENT_NMI | EVENT_HARDIRQ;
		break;
	case 'H':
		l->irq = EVENT_HARDIRQ | EVENT_SOFTIRQ;
		break;
	case 'h':
		l->irq = EVENT_HARDIRQ;
		break;
	case 's':
		l->irq = EVENT_SOFTIRQ;
		break;
	case '.':
		break;
	default:
		return false;
	}
	if (p[3] >= '0' && p[3] <= '9')
		l->preempt = (uint8_t)(p[3] - '0');
	else if (p[3] >= 'a' && p[3] <= 'f')
		l->preempt = (uint8_t)(p[3] - 'a' + 10);
	return true;
}

/* "[001]", "[001] d..1.", or with latencies "1d..1." */
static bool read_cpu(struct ftext_line *l, const char *p, const char **end)
{
	const char *stop = word_before(p, end), *word = *end, *digits;
	uint64_t cpu;

	if (stop - word >= 3 && *word != '[' && stop[-1] != ']') {
		digits = word;
		while (digits < stop && is_digit(*digits))
			digits++;
		if (digits == word) {
			if (!ftext_flags(l, word, stop))
				return false;
			stop = word_before(p, end);
			word = *end;
		} else {
			/* A flag may be a digit only in the fourth place. */
			if (!ftext_flags(l, digits, stop) || !ftext_number(word, digits, &cpu))
				return false;
			l->cpu = (uint32_t)cpu;
			return cpu <= UINT16_MAX;
		}
	}
	if (stop - word < 3 || *word != '[' || stop[-1] != ']' ||
	    !ftext_number(word + 1, stop - 1, &cpu) || cpu > UINT16_MAX)
		return false;
	l->cpu = (uint32_t)cpu;
	return true;
}

static bool read_task(struct ftext_line *l, const char *p, const char *end)
{
	const char *at = end, *stop = word_before(p, &at), *dash, *slash;
	uint64_t pid;

	/* "(  123)" or "(-----)": the thread group */
	if (stop > at && stop[-1] == ')') {
		while (at > p && *at != '(')
			at--;
		stop = word_before(p, &at);
	}
	dash = memrchr(at, '-', (size_t)(stop - at));
	if (dash && ftext_number(dash + 1, stop, &pid)) {
		end = dash;
	} else {
		/* perf script: the name, spaces, and thread or process/thread */
		slash = memchr(at, '/', (size_t)(stop - at));
		if (!ftext_number(slash ? slash + 1 : at, stop, &pid))
			return false;
		end = at;
		while (end > p && end[-1] == ' ')
			end--;
	}
	p = over_spaces(p, end);
	if (pid > INT32_MAX)
		return false;
	l->comm = p;
	l->comm_len = (uint32_t)(end - p);
	l->pid = (int32_t)pid;
	return true;
}

/* Between time and name: "(+97726)", the time since the line before (trace-cmd), or "1", the period (perf). */
static const char *over_counts(const char *p, const char *end)
{
	const char *at = p;

	if (at + 1 < end && at[0] == '(' && at[1] == '+')
		at += 2;
	while (at < end && is_digit(*at))
		at++;
	if (at < end && *at == ')')
		at++;
	return at < end && *at == ' ' ? over_spaces(at, end) : p;
}

/* "kmalloc: ..." or "kmem:kmalloc: ..." */
bool ftext_name(struct ftext_line *l, const char *p, const char *end)
{
	const char *colon, *start;

	p = over_spaces(p, end);
	if (p < end && (is_digit(*p) || *p == '('))
		p = over_counts(p, end);
	start = p;
	while (p < end && *p != ':' && *p != ' ')
		p++;
	colon = p;
	if (colon == end || *colon != ':' || colon == start)
		return false;
	/* What perf itself notes between the events: "PERF_RECORD_FORK(22:22):(19:19)" */
	if (colon - start > 12 && !memcmp(start, "PERF_RECORD_", 12))
		return false;
	l->system = NULL;
	l->system_len = 0;
	if (colon + 1 < end && colon[1] != ' ') {
		l->system = start;
		l->system_len = (uint32_t)(colon - start);
		start = ++p;
		while (p < end && *p != ':' && *p != ' ')
			p++;
		if (p == end || *p != ':' || p == start)
			return false;
	}
	l->name = start;
	l->name_len = (uint32_t)(p - start);
	l->body = over_spaces(p + 1, end);
	l->end = end;
	return true;
}

bool ftext_line_read(struct ftext_line *l, const char *p, const char *end)
{
	const char *colon = p, *start;

	/* The first colon that ends a time; a process's name may have some before. */
	while ((colon = memchr(colon, ':', (size_t)(end - colon)))) {
		l->irq = l->preempt = 0;
		if (colon > p && (is_digit(colon[-1]) || strchr(" +!#*@$", colon[-1])) &&
		    read_time(l, p, colon, &start) && read_cpu(l, p, &start) &&
		    read_task(l, p, start))
			return ftext_name(l, colon + 1, end);
		colon++;
	}
	return false;
}

/* "CPU:1 [LOST 12 EVENTS]" of the kernel; "CPU:1 [12 EVENTS DROPPED]" of trace-cmd. */
bool ftext_line_lost(const char *p, const char *end, uint32_t *cpu, uint64_t *n)
{
	uint64_t v = 0;

	if (end - p < 15 || memcmp(p, "CPU:", 4))
		return false;
	for (p += 4; p < end && is_digit(*p) && v < UINT16_MAX; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (end - p < 10 || memcmp(p, " [", 2))
		return false;
	*cpu = (uint32_t)v;
	*n = 0;
	if (!memmem(p, (size_t)(end - p), "EVENTS", 6))
		return false;
	while (p < end && !is_digit(*p))
		p++;
	for (; p < end && is_digit(*p) && *n < UINT64_MAX / 20; p++)
		*n = *n * 10 + (uint64_t)(*p - '0');
	return true;
}
