// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/attribution.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t key(uint64_t site, uint32_t bytes)
{
	return site ^ (uint64_t)bytes * 0x9e3779b97f4a7c15ull;
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

		number++;
		snprintf(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ? len : 0), p);
		p += len + 1;
		if (*line == '#' || !*line)
			continue;
		if (sscanf(line, "%" SCNx64 " %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64,
			   &s.site, &s.bytes_alloc, &s.cache, &s.named, &s.other) != 5 ||
		    s.cache >= strings)
			return err_set(e, EBADMSG,
				       ATTRIBUTION_NAME ": line %u: expected a site, a "
							"size, a cache and two counts",
				       number);
		if (!(a->count & (a->count - 1))) {
			struct attribution_site *more = realloc(a->sites,
								(a->count ? a->count * 2ull : 1) *
									sizeof(*more));

			if (!more)
				return err_set(e, ENOMEM, "out of memory");
			a->sites = more;
		}
		if (map_put(&a->by_site, key(s.site, s.bytes_alloc), a->count))
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
	uint32_t at;

	if (sig->cache || !a->count)
		return sig->cache;
	at = map_get(&a->by_site, key(sig->site, sig->bytes_alloc));
	if (at == MAP_NONE || a->sites[at].site != sig->site ||
	    a->sites[at].bytes_alloc != sig->bytes_alloc)
		return 0;
	return a->sites[at].cache;
}

bool attribution_is_kmalloc(const char *name)
{
	return !strncmp(name, "kmalloc-", 8) || !strncmp(name, "dma-kmalloc-", 12) ||
	       !strncmp(name, "size-", 5); /* SLAB's, to 3.9 */
}
