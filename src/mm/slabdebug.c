// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slabdebug.h"

#include <errno.h>
#include <stdio.h>

#include "mm/slabreport.h"

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
	uint8_t *to = track_of(o, user);
	struct track t;

	/* All of it goes into the machine's bytes, which are the same every time. */
	memset(&t, 0, sizeof(t));
	t.when = ++o->s->sl->clock;
	t.cpu = cpu;

	if (to)
		memcpy(to, &t, track_bytes(o->s));
}

static int print_track(const struct object *o, enum user user, char *text, size_t n)
{
	bool info = o->s->sl->policy.version < KMM_VERSION(5, 14, 0);
	const uint8_t *from = track_of(o, user);
	struct track t = { 0, 0 };

	if (!from)
		return 0;
	memcpy(&t, from, track_bytes(o->s));
	if (!t.when)
		return 0;
	if (o->s->kind == KMM_SLAB)
		return snprintf(text, n, "Last user: cpu=%u\n", t.cpu);
	return snprintf(text, n, "%s%s age=%llu cpu=%u\n", info ? "INFO: " : "",
			user == USER_ALLOC ? "Allocated" : "Freed",
			(unsigned long long)(o->s->sl->clock - t.when), t.cpu);
}

uint32_t slabdebug_info_end(const struct kmm_cache *s)
{
	uint32_t end = s->inuse;

	if (s->free_at >= s->inuse)
		end = s->free_at + s->sl->policy.word;
	if (s->track_at)
		end = s->track_at + 2 * (uint32_t)track_bytes(s);
	return end;
}

size_t slabdebug_print_users(const struct kmm_cache *s, kmm_addr at, char *text, size_t n)
{
	struct object o = { (struct kmm_cache *)s, at, kmm_slab_bytes(s->sl, at) };
	size_t len = 0;

	for (unsigned user = USER_ALLOC; o.bytes && user <= USER_FREE; user++)
		if (len < n)
			len += (size_t)print_track(&o, user, text + len, n - len);
	return len < n ? len : n ? n - 1 : 0;
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

static void check(const struct object *o, uint8_t *p, size_t n, uint64_t pattern,
		  enum slabreport_what what, bool given_out)
{
	size_t bad = 0, end = n;

	while (bad < n && p[bad] == pattern_byte(pattern, bad))
		bad++;
	if (bad == n)
		return;
	while (p[end - 1] == pattern_byte(pattern, end - 1))
		end--;
	slabreport_overwritten(o->s, o->at, what, p + bad, p + end, pattern_byte(pattern, bad),
			       given_out);
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

const uint8_t *slabdebug_right_zone(const struct kmm_cache *s, const uint8_t *bytes, size_t *n)
{
	if (s->kind == KMM_SLUB) {
		*n = s->inuse - s->object_size;
		return bytes + s->object_size;
	}
	*n = 8;
	return bytes + s->size - s->offset - (s->flags & KMM_SLAB_STORE_USER ? 16 : 8);
}

static uint8_t *right_zone(const struct object *o, size_t *n)
{
	return o->bytes + (slabdebug_right_zone(o->s, o->bytes, n) - o->bytes);
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
	check(o, o->bytes - o->s->offset, o->s->offset, pattern, REPORT_LEFT_ZONE, active);
	check(o, right, n, pattern, REPORT_RIGHT_ZONE, active);
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
	check(o, o->bytes, last, repeat(POISON_FREE), REPORT_POISON, false);
	check(o, o->bytes + last, 1, repeat(POISON_END), REPORT_POISON, false);
}

/* SLUB: what an object's room has beyond all that is kept there. */
static void check_padding(const struct object *o)
{
	const struct kmm_cache *s = o->s;
	uint32_t info = slabdebug_info_end(s), end = s->size - s->offset;

	if (s->kind == KMM_SLUB && s->flags & KMM_SLAB_POISON && end > info)
		check(o, o->bytes + info, end - info, repeat(POISON_INUSE), REPORT_PADDING, false);
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
		      link_pointer(o->s, slab, slab->free), REPORT_FREE_POINTER, false);
}

/* ---- what happens to an object ---- */

void slabdebug_new_slab(struct kmm_cache *s, const struct slab *slab)
{
	struct object o;

	for (unsigned i = 0; i < slab->objects; i++) {
		if (!find(s, slab, i, &o))
			return;
		if (s->kind == KMM_SLUB && s->flags & KMM_SLAB_POISON)
			memset(o.bytes + slabdebug_info_end(s), POISON_INUSE,
			       s->size - s->offset - slabdebug_info_end(s));
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
	check_padding(&o);
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
	check_padding(&o);
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

/* The object whose room an address lies in, and its slab; NULL: none. */
static struct slab *object_at(const struct kmm_slab *sl, kmm_addr at, unsigned *index)
{
	struct slab *slab = sl->kind == KMM_SLOB ? NULL : slab_of(sl, at);

	if (!slab || at < slab->first)
		return NULL;
	*index = (unsigned)((at - slab->first) / slab->cache->size);
	return *index < slab->objects ? slab : NULL;
}

/* Where in n bytes something stands that nobody wrote, four bytes or all of them; n: nowhere. */
static size_t unwritten(const struct kmm_cache *s, const uint8_t *p, size_t n)
{
	uint8_t fresh = s->kind == KMM_SLAB ? POISON_INUSE : POISON_FREE;
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		run = p[i] == fresh || (run && p[i] == POISON_END) ? run + 1 : 0;
		if (run == 4 || run == n)
			return i + 1 - run;
	}
	return n;
}

int kmm_slab_read(struct kmm_slab *sl, unsigned cpu, kmm_addr at, void *to, size_t n)
{
	const uint8_t *p = kmm_slab_bytes(sl, at);
	const char *bad = NULL;
	unsigned index;
	struct slab *slab;
	kmm_addr object;

	if (!p || !n || !kmm_slab_bytes(sl, at + n - 1))
		return -EFAULT;
	slab = object_at(sl, at, &index);
	if (!slab) {
		memcpy(to, p, n);
		return 0;
	}
	object = slab_object(slab, slab->cache, index);
	if (slab->link[index] != LINK_USED)
		bad = "KASAN: slab-use-after-free";
	else if (at + n - object > slab->cache->object_size)
		bad = "KASAN: slab-out-of-bounds";
	else if (poisons(slab->cache) && unwritten(slab->cache, p, n) < n)
		bad = "KMSAN: uninit-value";
	memcpy(to, p, n);
	if (!bad)
		return 0;
	slabreport_read(sl, slab->cache, object, at, n, cpu, bad);
	return -EINVAL;
}
