// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slabdebug.h"

#include <stdio.h>

#define SLUB_RED_INACTIVE 0xbb
#define SLUB_RED_ACTIVE 0xcc
#define SLAB_RED_INACTIVE 0x09f911029d74e35bull
#define SLAB_RED_ACTIVE 0xd84156c5635688c0ull
#define POISON_INUSE 0x5a /* SLUB: room that belongs to nobody; SLAB: an object given out */
#define POISON_FREE 0x6b
#define POISON_END 0xa5

enum user { USER_ALLOC, USER_FREE };

/* Who had an object last. */
struct track {
	uint64_t when; /* in operations of debugging caches; 0: nobody yet */
	uint32_t cpu;
};

/* One object of a backed cache. */
struct object {
	struct kmm_cache *s;
	kmm_addr at;
	uint8_t *bytes;
};

static bool find(struct kmm_cache *s, const struct slab *slab, unsigned index, struct object *o)
{
	o->s = s;
	o->at = slab_object(slab, s, index);
	o->bytes = kmm_slab_bytes(s->sl, o->at);
	return o->bytes;
}

static bool poisons(const struct kmm_cache *s)
{
	return s->flags & KMM_SLAB_POISON && !(s->flags & KMM_SLAB_TYPESAFE_BY_RCU) && !s->ctor;
}

/* ---- the last users ---- */

/* In a machine of 32-bit words SLAB has room for half the time alone. */
static size_t track_bytes(const struct kmm_cache *s)
{
	size_t room = s->kind == KMM_SLUB ? sizeof(struct track) : s->sl->policy.word;

	return room < sizeof(struct track) ? room : sizeof(struct track);
}

static uint8_t *track_of(const struct object *o, enum user user)
{
	/* SLAB keeps one only: who allocated it. */
	if (!o->s->track_at || (o->s->kind == KMM_SLAB && user == USER_FREE))
		return NULL;
	return o->bytes + o->s->track_at + user * track_bytes(o->s);
}

static void set_track(const struct object *o, enum user user, unsigned cpu)
{
	struct track t = { ++o->s->sl->clock, cpu };
	uint8_t *to = track_of(o, user);

	if (to)
		memcpy(to, &t, track_bytes(o->s));
}

static int print_track(const struct object *o, enum user user, char *text, size_t n)
{
	const uint8_t *from = track_of(o, user);
	struct track t = { 0, 0 };

	if (!from || !n)
		return 0;
	memcpy(&t, from, track_bytes(o->s));
	if (!t.when)
		return 0;
	return snprintf(text, n, "INFO: %s on cpu=%u age=%llu\n",
			user == USER_ALLOC ? "Allocated" : "Freed", t.cpu,
			(unsigned long long)(o->s->sl->clock - t.when));
}

/* ---- reports ---- */

static void report(const struct object *o, const char *what, const uint8_t *bad, const uint8_t *end,
		   uint8_t want)
{
	struct kmm_slab *sl = o->s->sl;
	kmm_addr from = o->at + (uint64_t)(bad - o->bytes);
	char text[512];
	int n;

	sl->stats.reports++;
	if (!sl->seen.report)
		return;
	n = snprintf(text, sizeof(text),
		     "BUG %s: %s\nINFO: 0x%llx-0x%llx @offset=%llu. First byte 0x%x instead of "
		     "0x%x\n",
		     o->s->name, what, (unsigned long long)from,
		     (unsigned long long)(from + (uint64_t)(end - bad) - 1),
		     (unsigned long long)(from % PAGE_BYTES), *bad, want);
	for (unsigned user = USER_ALLOC; user <= USER_FREE; user++)
		if (n > 0 && (size_t)n < sizeof(text))
			n += print_track(o, user, text + n, sizeof(text) - (size_t)n);
	sl->seen.report(sl->seen_arg, o->s, o->at, text);
}

/* ---- stretches of known bytes ---- */

/* A pattern of eight bytes, over and over; checked, or written. */
static uint8_t pattern_byte(uint64_t pattern, size_t i)
{
	return (uint8_t)(pattern >> (i % 8 * 8));
}

static void fill(uint8_t *p, size_t n, uint64_t pattern)
{
	for (size_t i = 0; i < n; i++)
		p[i] = pattern_byte(pattern, i);
}

static void check(const struct object *o, uint8_t *p, size_t n, uint64_t pattern, const char *what)
{
	size_t bad = 0, end = n;

	while (bad < n && p[bad] == pattern_byte(pattern, bad))
		bad++;
	if (bad == n)
		return;
	while (p[end - 1] == pattern_byte(pattern, end - 1))
		end--;
	report(o, what, p + bad, p + end, pattern_byte(pattern, bad));
	fill(p, n, pattern);
}

static uint64_t repeat(uint8_t byte)
{
	return byte * 0x0101010101010101ull;
}

static uint64_t red_pattern(const struct kmm_cache *s, bool active)
{
	if (s->kind == KMM_SLUB)
		return repeat(active ? SLUB_RED_ACTIVE : SLUB_RED_INACTIVE);
	return active ? SLAB_RED_ACTIVE : SLAB_RED_INACTIVE;
}

/* Behind the object: SLUB's fills it up to the next word, SLAB's is the last but the user. */
static uint8_t *right_zone(const struct object *o, size_t *n)
{
	const struct kmm_cache *s = o->s;

	if (s->kind == KMM_SLUB) {
		*n = s->inuse - s->object_size;
		return o->bytes + s->object_size;
	}
	*n = 8;
	return o->bytes + s->size - s->offset - (s->flags & KMM_SLAB_STORE_USER ? 16 : 8);
}

static void set_red_zones(const struct object *o, bool active)
{
	uint64_t pattern = red_pattern(o->s, active);
	uint8_t *right;
	size_t n;

	if (!(o->s->flags & KMM_SLAB_RED_ZONE))
		return;
	right = right_zone(o, &n);
	fill(o->bytes - o->s->offset, o->s->offset, pattern);
	fill(right, n, pattern);
}

static void check_red_zones(const struct object *o, bool active)
{
	uint64_t pattern = red_pattern(o->s, active);
	uint8_t *right;
	size_t n;

	if (!(o->s->flags & KMM_SLAB_RED_ZONE))
		return;
	right = right_zone(o, &n);
	check(o, o->bytes - o->s->offset, o->s->offset, pattern, "Left Redzone overwritten");
	check(o, right, n, pattern, "Right Redzone overwritten");
}

static void set_poison(const struct object *o, uint8_t byte)
{
	if (!poisons(o->s))
		return;
	memset(o->bytes, byte, o->s->object_size);
	o->bytes[o->s->object_size - 1] = POISON_END;
}

static void check_poison(const struct object *o)
{
	size_t last = o->s->object_size - 1;

	if (!poisons(o->s))
		return;
	check(o, o->bytes, last, repeat(POISON_FREE), "Poison overwritten");
	check(o, o->bytes + last, 1, repeat(POISON_END), "Poison overwritten");
}

/* ---- free pointers ---- */

static uint64_t link_pointer(const struct kmm_cache *s, const struct slab *slab, uint16_t next)
{
	return next == LINK_END ? 0 : slab_object(slab, s, next);
}

void slabdebug_write_link(const struct kmm_cache *s, const struct slab *slab, unsigned index)
{
	uint8_t *bytes = kmm_slab_bytes(s->sl, slab_object(slab, s, index));

	fill(bytes + s->free_at, s->sl->policy.word, link_pointer(s, slab, slab->link[index]));
}

/* Of an object that was just taken off its slab's list. */
static void check_link(const struct object *o, const struct slab *slab)
{
	if (o->s->kind == KMM_SLUB && o->s->flags & KMM_SLAB_CONSISTENCY_CHECKS)
		check(o, o->bytes + o->s->free_at, o->s->sl->policy.word,
		      link_pointer(o->s, slab, slab->free), "Freepointer corrupt");
}

/* ---- what happens to an object ---- */

void slabdebug_new_slab(struct kmm_cache *s, const struct slab *slab)
{
	struct object o;

	for (unsigned i = 0; i < slab->objects; i++) {
		if (!find(s, slab, i, &o))
			return;
		if (s->track_at)
			memset(o.bytes + s->track_at, 0,
			       (s->kind == KMM_SLUB ? 2 : 1) * track_bytes(s));
		set_red_zones(&o, false);
		set_poison(&o, POISON_FREE);
	}
}

void slabdebug_alloc(struct kmm_cache *s, const struct slab *slab, unsigned index, unsigned cpu)
{
	struct object o;

	if (!find(s, slab, index, &o))
		return;
	check_red_zones(&o, false);
	check_poison(&o);
	check_link(&o, slab);
	set_track(&o, USER_ALLOC, cpu);
	set_red_zones(&o, true);
	set_poison(&o, s->kind == KMM_SLUB ? POISON_FREE : POISON_INUSE);
}

void slabdebug_free(struct kmm_cache *s, const struct slab *slab, unsigned index, unsigned cpu)
{
	struct object o;

	if (!find(s, slab, index, &o))
		return;
	check_red_zones(&o, true);
	set_track(&o, USER_FREE, cpu);
	set_red_zones(&o, false);
	set_poison(&o, POISON_FREE);
}

uint64_t kmm_kmem_cache_check(struct kmm_cache *s)
{
	struct kmm_slab *sl = s->sl;
	uint64_t before = sl->stats.reports;

	if (!s->debug || !sl->policy.memory)
		return 0;
	for (kmm_pfn pfn = 0; pfn < sl->frames; pfn++) {
		const struct slab *slab = (const struct slab *)owner_of(sl, pfn);
		struct object o;

		if (!slab || owner_of(sl, pfn) & 1 || slab->cache != s || slab->pfn != pfn)
			continue;
		for (unsigned i = 0; i < slab->objects; i++) {
			bool used = slab->link[i] == LINK_USED;

			if (!find(s, slab, i, &o))
				continue;
			check_red_zones(&o, used);
			if (!used)
				check_poison(&o);
		}
	}
	return sl->stats.reports - before;
}

bool kmm_slab_untouched(const struct kmm_slab *sl, kmm_addr at, size_t n)
{
	const struct kmm_cache *s = kmm_slab_cache_of(sl, at);
	const uint8_t *p = kmm_slab_bytes(sl, at);
	uint8_t fresh = s && s->kind == KMM_SLAB ? POISON_INUSE : POISON_FREE;

	if (!s || !p || !n || !poisons(s))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!kmm_slab_bytes(sl, at + i) || (p[i] != fresh && p[i] != POISON_END))
			return false;
	return true;
}
