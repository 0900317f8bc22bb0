// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/attribution.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload/sites.h"

/* The place of a site; MAP_NONE, and the key that it would have, where it is not there. */
static uint32_t find(const struct attribution *a, uint64_t site, uint32_t bytes_req,
		     uint32_t bytes_alloc, uint64_t *key)
{
	uint32_t at;

	*key = sites_key(site, bytes_req, bytes_alloc);
	for (; (at = map_get(&a->by_site, *key)) != MAP_NONE; ++*key)
		if (a->sites[at].site == site && a->sites[at].bytes_req == bytes_req &&
		    a->sites[at].bytes_alloc == bytes_alloc)
			break;
	return at;
}

static int parse(struct attribution *a, const struct blob *b, uint32_t strings, struct err *e)
{
	const char *p = (const char *)b->data, *end = p + b->len;
	char line[160];
	unsigned number = 0;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((stop ? stop : end) - p);
		struct attribution_site s;
		uint64_t key;

		number++;
		snprintf(line, sizeof(line), "%.*s",
			 (int)(len < sizeof(line) ? len : sizeof(line) - 1), p);
		p += len + 1;
		if (*line == '#' || !*line)
			continue;
		if (sscanf(line,
			   "%" SCNx64 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64,
			   &s.site, &s.bytes_req, &s.bytes_alloc, &s.cache, &s.named,
			   &s.other) != 6 ||
		    s.cache >= strings ||
		    find(a, s.site, s.bytes_req, s.bytes_alloc, &key) != MAP_NONE)
			return err_set(e, EBADMSG,
				       ATTRIBUTION_NAME
				       ": line %u: expected a site not yet "
				       "told of, two sizes, a cache and two counts",
				       number);
		if (!(a->count & (a->count - 1))) {
			struct attribution_site *more = realloc(a->sites,
								(a->count ? a->count * 2ull : 1) *
									sizeof(*more));

			if (!more)
				return err_set(e, ENOMEM, "out of memory");
			a->sites = more;
		}
		if (map_put(&a->by_site, key, a->count))
			return err_set(e, ENOMEM, "out of memory");
		a->sites[a->count++] = s;
	}
	return 0;
}

int attribution_load(struct attribution *a, struct kmw_reader *k, struct err *e)
{
	struct blob b;
	int ret;

	memset(a, 0, sizeof(*a));
	if (map_init(&a->by_site, 1024))
		return err_set(e, ENOMEM, "out of memory");
	ret = kmw_attachment(k, ATTRIBUTION_NAME, &b, e);
	if (ret == -ENOENT)
		return 0;
	if (ret >= 0) {
		ret = parse(a, &b, kmw_strings(k)->count, e);
		blob_free(&b);
	}
	return ret;
}

void attribution_free(struct attribution *a)
{
	map_free(&a->by_site);
	free(a->sites);
	memset(a, 0, sizeof(*a));
}

uint32_t attribution_cache(const struct attribution *a, const struct request_sig *sig)
{
	uint64_t key;
	uint32_t at;

	if (sig->cache || !a->count)
		return sig->cache;
	at = find(a, sig->site, sig->bytes_req, sig->bytes_alloc, &key);
	if (at == MAP_NONE)
		at = find(a, sig->site, 0, sig->bytes_alloc, &key);
	return at == MAP_NONE ? 0 : a->sites[at].cache;
}

bool attribution_is_kmalloc(const char *name)
{
	return !strncmp(name, "kmalloc-", 8) || !strncmp(name, "dma-kmalloc-", 12) ||
	       !strncmp(name, "size-", 5); /* SLAB's, to 3.9 */
}
