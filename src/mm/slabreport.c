// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slabreport.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/kmm_gfp.h"
#include "mm/slabdebug.h"

#define ROOM (40u << 10) /* a page of bytes in lines of 16, and what stands around them */

struct text {
	char *s;
	size_t n;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->s + t->n, ROOM - t->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->n += (size_t)n < ROOM - t->n ? (size_t)n : ROOM - t->n - 1;
}

static bool begin(struct text *t, const struct kmm_slab *sl)
{
	t->n = 0;
	t->s = sl->seen.report ? malloc(ROOM) : NULL;
	if (t->s)
		*t->s = '\0';
	return t->s;
}

static void tell(struct text *t, struct kmm_slab *sl, const struct kmm_cache *s, kmm_addr at)
{
	sl->seen.report(sl->seen_arg, s, at, t->s);
	free(t->s);
}

static void put_line(struct text *t, char c, unsigned n)
{
	while (n--)
		put(t, "%c", c);
	put(t, "\n");
}

static unsigned long long ull(uint64_t v)
{
	return v;
}

/* ---- bytes ---- */

/* Sixteen bytes a line, in numbers and letters, as print_hex_dump() has them. */
static void put_bytes(struct text *t, const char *name, kmm_addr at, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		size_t len = n - i < 16 ? n - i : 16;

		put(t, "%-8s %016llx: ", name, ull(at + i));
		for (size_t k = 0; k < 16; k++)
			if (k < len)
				put(t, "%02x ", p[i + k]);
			else
				put(t, "   ");
		put(t, " ");
		for (size_t k = 0; k < len; k++)
			put(t, "%c", p[i + k] >= 0x20 && p[i + k] < 0x7f ? p[i + k] : '.');
		put(t, "\n");
	}
}

static void put_users(struct text *t, const struct kmm_cache *s, kmm_addr at)
{
	t->n += slabdebug_print_users(s, at, t->s + t->n, ROOM - t->n);
}

/* ---- SLUB ---- */

static void slub_head(struct text *t, const struct kmm_cache *s, const char *what)
{
	put_line(t, '=', 77);
	put(t, "BUG %s (Not tainted): %s\n", s ? s->name : "kmalloc", what);
	put_line(t, '-', 77);
	put(t, "\n");
}

/* print_trailer(): the slab, the object, and all bytes of its room. */
static void slub_trailer(struct text *t, const struct kmm_cache *s, kmm_addr at)
{
	const struct slab *slab = slab_of(s->sl, at);
	const uint8_t *p = kmm_slab_bytes(s->sl, at);
	size_t shown = s->object_size < PAGE_BYTES ? s->object_size : PAGE_BYTES;
	size_t end = s->size - s->offset, info = slabdebug_info_end(s);
	uint16_t free = slab->free;

	put_users(t, s, at);
	put(t, "Slab 0x%llx objects=%u used=%u fp=0x%llx\n",
	    ull(kmm_slab_address(s->sl, slab->pfn)), slab->objects, slab->inuse,
	    free == LINK_END ? 0 : ull(slab_object(slab, s, free)));
	put(t, "Object 0x%llx @offset=%llu\n\n", ull(at),
	    ull(at - kmm_slab_address(s->sl, slab->pfn)));
	if (!p)
		return;
	if (s->flags & KMM_SLAB_RED_ZONE)
		put_bytes(t, "Redzone", at - s->offset, p - s->offset, s->offset);
	put_bytes(t, "Object", at, p, shown);
	if (s->flags & KMM_SLAB_RED_ZONE)
		put_bytes(t, "Redzone", at + s->object_size, p + s->object_size,
			  s->inuse - s->object_size);
	if (end > info)
		put_bytes(t, "Padding", at + info, p + info, end - info);
}

static const char *slub_name(const struct kmm_cache *s, enum slabreport_what what)
{
	bool sides = s->sl->policy.version >= KMM_VERSION(5, 14, 0);

	switch (what) {
	case REPORT_LEFT_ZONE:
		return sides ? "Left Redzone" : "Redzone";
	case REPORT_RIGHT_ZONE:
		return sides ? "Right Redzone" : "Redzone";
	case REPORT_POISON:
		return "Poison";
	case REPORT_PADDING:
		return "Object padding";
	default:
		return "Freepointer corrupt";
	}
}

static void slub_overwritten(struct text *t, const struct kmm_cache *s, kmm_addr at,
			     enum slabreport_what what, kmm_addr from, kmm_addr to, uint8_t first,
			     uint8_t want)
{
	const char *name = slub_name(s, what);
	bool info = s->sl->policy.version < KMM_VERSION(5, 14, 0);
	char title[64];

	snprintf(title, sizeof(title), "%s%s", name,
		 what == REPORT_FREE_POINTER ? "" : " overwritten");
	slub_head(t, s, title);
	put(t, "%s0x%llx-0x%llx @offset=%llu. First byte 0x%x instead of 0x%x\n",
	    info ? "INFO: " : "", ull(from), ull(to),
	    ull(from - kmm_slab_address(s->sl, slab_of(s->sl, at)->pfn)), first, want);
	slub_trailer(t, s, at);
	put(t, "FIX %s: Restoring %s 0x%llx-0x%llx=0x%x\n", s->name, name, ull(from), ull(to),
	    want);
}

/* ---- SLAB ---- */

static uint64_t word_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The two words of the red zones, with what stands before each. */
static void slab_redzones(struct text *t, const struct kmm_cache *s, kmm_addr at, const char *first,
			  const char *second)
{
	const uint8_t *p = kmm_slab_bytes(s->sl, at), *right;
	size_t n;

	if (!p || !(s->flags & KMM_SLAB_RED_ZONE))
		return;
	right = slabdebug_right_zone(s, p, &n);
	put(t, "%s0x%llx%s0x%llx\n", first, ull(word_at(p - s->offset)), second,
	    ull(word_at(right)));
}

static void slab_overwritten(struct text *t, const struct kmm_cache *s, kmm_addr at,
			     enum slabreport_what what, kmm_addr from, bool given_out)
{
	const uint8_t *p = kmm_slab_bytes(s->sl, at);
	size_t shown, first = from > at ? (size_t)(from - at) & ~(size_t)15 : 0;

	if (what != REPORT_POISON) {
		put(t, "slab error in %s(): cache `%s': %smemory outside object was overwritten\n",
		    given_out ? "verify_redzone_free" : "cache_alloc_debugcheck_after", s->name,
		    given_out ? "" : "double free, or ");
		put(t, "0x%llx: ", ull(at - s->offset));
		slab_redzones(t, s, at, "redzone 1:", ", redzone 2:");
		return;
	}
	put(t, "Slab corruption: %s start=0x%llx, len=%u\n", s->name, ull(at), s->object_size);
	slab_redzones(t, s, at, "Redzone: ", "/");
	put_users(t, s, at);
	/* At most six lines, from the first that is wrong. */
	shown = s->object_size - first < 96 ? s->object_size - first : 96;
	for (size_t i = first; i < first + shown; i += 16) {
		put(t, "%03zx:", i);
		for (size_t k = i; k < i + 16 && k < s->object_size; k++)
			put(t, " %02x", p[k]);
		put(t, "\n");
	}
}

/* ---- the reports ---- */

void slabreport_overwritten(const struct kmm_cache *s, kmm_addr at, enum slabreport_what what,
			    const uint8_t *bad, const uint8_t *end, uint8_t want, bool given_out)
{
	const uint8_t *p = kmm_slab_bytes(s->sl, at);
	kmm_addr from = at + (uint64_t)(bad - p), to = at + (uint64_t)(end - p) - 1;
	struct text t;

	s->sl->stats.reports++;
	if (!begin(&t, s->sl))
		return;
	if (s->kind == KMM_SLUB)
		slub_overwritten(&t, s, at, what, from, to, *bad, want);
	else
		slab_overwritten(&t, s, at, what, from, given_out);
	tell(&t, s->sl, s, at);
}

static void put_bad_free(struct text *t, const struct kmm_slab *sl, const struct kmm_cache *s,
			 kmm_addr at, const char *what)
{
	const struct slab *slab = sl->kind == KMM_SLOB ? NULL : slab_of(sl, at);
	const struct kmm_cache *owner = slab ? slab->cache : NULL;
	bool twice = s && owner == s && !strcmp(what, REPORT_FREED);

	if (s && owner && owner != s) {
		if (sl->kind == KMM_SLAB)
			put(t, "mismatch in kmem_cache_free: expected cache %s, got %s\n", s->name,
			    owner->name);
		else
			put(t, "cache_from_obj: Wrong slab cache. %s but object is from %s\n",
			    s->name, owner->name);
		put_users(t, owner, at);
		return;
	}
	if (sl->kind == KMM_SLAB && s) {
		put(t, "slab error in verify_redzone_free(): cache `%s': %s\n", s->name,
		    twice ? "double free detected" : what);
		if (twice) {
			put(t, "0x%llx: ", ull(at - s->offset));
			slab_redzones(t, s, at, "redzone 1:", ", redzone 2:");
		}
		return;
	}
	slub_head(t, s, what);
	if (twice)
		slub_trailer(t, s, at);
	put(t, "FIX %s: Object at 0x%llx not freed\n", s ? s->name : "kmalloc", ull(at));
}

void slabreport_bad_free(struct kmm_slab *sl, const struct kmm_cache *s, kmm_addr at,
			 const char *what)
{
	struct text t;

	if (!begin(&t, sl))
		return;
	put_bad_free(&t, sl, s, at, what);
	tell(&t, sl, s, at);
}

void slabreport_bad_gfp(struct kmm_slab *sl, const struct kmm_cache *s, kmm_gfp bad, kmm_gfp rest)
{
	enum kmm_generation g = (enum kmm_generation)sl->mm->generation;
	char wrong[64], right[512];
	struct text t;

	if (!begin(&t, sl))
		return;
	kmm_gfp_format(g, bad, wrong, sizeof(wrong));
	kmm_gfp_format(g, rest, right, sizeof(right));
	if (sl->policy.version < KMM_VERSION(4, 8, 0))
		put(&t, "kernel BUG: gfp: %s\n", wrong);
	else
		put(&t, "Unexpected gfp: %s. Fixing up to gfp: %s. Fix your code!\n", wrong, right);
	tell(&t, sl, s, KMM_NULL);
}

void slabreport_read(struct kmm_slab *sl, const struct kmm_cache *s, kmm_addr object, kmm_addr at,
		     size_t n, unsigned cpu, const char *what)
{
	struct text t;

	sl->stats.reports++;
	if (!begin(&t, sl))
		return;
	put_line(&t, '=', 66);
	put(&t, "BUG: %s\nRead of size %zu at addr 0x%llx on cpu %u\n\n", what, n, ull(at), cpu);
	if (object != KMM_NULL) {
		uint64_t in = at - object;

		put_users(&t, s, object);
		put(&t,
		    "The buggy address belongs to the object at 0x%llx\n"
		    " which belongs to the cache %s of size %u\n",
		    ull(object), s->name, s->object_size);
		put(&t,
		    "The buggy address is located %llu bytes %s\n %u-byte region [0x%llx, 0x%llx)\n",
		    in < s->object_size ? ull(in) : ull(in - s->object_size),
		    in < s->object_size ? "inside of" : "to the right of", s->object_size,
		    ull(object), ull(object + s->object_size));
	}
	put_line(&t, '=', 66);
	tell(&t, sl, s, at);
}
