// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	KIND_INT = 1,
	KIND_PTR = 2,
	KIND_ARRAY = 3,
	KIND_STRUCT = 4,
	KIND_UNION = 5,
	KIND_ENUM = 6,
	KIND_FWD = 7,
	KIND_TYPEDEF = 8,
	KIND_VOLATILE = 9,
	KIND_CONST = 10,
	KIND_RESTRICT = 11,
	KIND_FUNC = 12,
	KIND_FUNC_PROTO = 13,
	KIND_VAR = 14,
	KIND_DATASEC = 15,
	KIND_FLOAT = 16,
	KIND_DECL_TAG = 17,
	KIND_TYPE_TAG = 18,
	KIND_ENUM64 = 19,
};

#define TYPE_WORDS 3 /* name, info, size or type */
#define DEEPEST 16   /* of unnamed members, and of typedefs in a row */

struct btf {
	const uint8_t *types;
	const char *strings;
	uint32_t types_len, strings_len;
	uint32_t *at; /* by type id - 1: its offset in types */
	uint32_t count;
	uint32_t pointer; /* size of one */
};

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t kind_of(uint32_t info)
{
	return info >> 24 & 31;
}

static uint32_t vlen_of(uint32_t info)
{
	return info & 0xffff;
}

/* Bytes behind the three common words; -1 for a kind that is not known. */
static int64_t extra(uint32_t info)
{
	uint32_t kind = kind_of(info), n = vlen_of(info);

	switch (kind) {
	case KIND_INT:
	case KIND_VAR:
	case KIND_DECL_TAG:
		return 4;
	case KIND_ARRAY:
		return 12;
	case KIND_STRUCT:
	case KIND_UNION:
	case KIND_DATASEC:
	case KIND_ENUM64:
		return 12ll * n;
	case KIND_ENUM:
	case KIND_FUNC_PROTO:
		return 8ll * n;
	default:
		return kind && kind <= KIND_ENUM64 ? 0 : -1;
	}
}

static int index_types(struct btf *t, const char *name, struct err *e)
{
	uint32_t off = 0;

	t->at = malloc((t->types_len / (TYPE_WORDS * 4) + 1) * sizeof(*t->at));
	if (!t->at)
		return err_set(e, ENOMEM, "out of memory");
	while (t->types_len - off >= TYPE_WORDS * 4) {
		int64_t more = extra(word(t->types + off + 4));

		if (more < 0 || more > t->types_len - off - TYPE_WORDS * 4)
			break;
		t->at[t->count++] = off;
		off += TYPE_WORDS * 4 + (uint32_t)more;
	}
	return off == t->types_len ? 0 :
				     err_set(e, EBADMSG,
					     "%s: type %u is damaged or of an "
					     "unknown kind",
					     name, t->count + 1);
}

struct btf *btf_open(const struct blob *b, const char *name, struct err *e)
{
	struct btf *t = calloc(1, sizeof(*t));
	uint32_t header, types, strings;

	if (!t) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	if (b->len < 24 || b->data[0] != 0x9f || b->data[1] != 0xeb) {
		err_set(e, EBADMSG, "%s: offset 0: no little-endian BTF", name);
		goto fail;
	}
	header = word(b->data + 4);
	types = word(b->data + 8);
	t->types_len = word(b->data + 12);
	strings = word(b->data + 16);
	t->strings_len = word(b->data + 20);
	if (header < 24 || header > b->len || types > b->len - header ||
	    t->types_len > b->len - header - types || strings > b->len - header ||
	    t->strings_len > b->len - header - strings || !t->strings_len ||
	    b->data[header + strings + t->strings_len - 1]) {
		err_set(e, EBADMSG, "%s: its sections reach beyond the file's %zu bytes", name,
			b->len);
		goto fail;
	}
	t->types = b->data + header + types;
	t->strings = (const char *)b->data + header + strings;
	t->pointer = 8;
	if (index_types(t, name, e))
		goto fail;
	return t;
fail:
	btf_close(t);
	return NULL;
}

void btf_close(struct btf *t)
{
	if (t)
		free(t->at);
	free(t);
}

static const uint8_t *type_at(const struct btf *t, uint32_t id)
{
	return id && id <= t->count ? t->types + t->at[id - 1] : NULL;
}

static const char *name_at(const struct btf *t, uint32_t off)
{
	return off < t->strings_len ? t->strings + off : "";
}

static const uint8_t *find_struct(const struct btf *t, const char *name)
{
	for (uint32_t i = 0; i < t->count; i++) {
		const uint8_t *p = t->types + t->at[i];

		if (kind_of(word(p + 4)) == KIND_STRUCT && !strcmp(name_at(t, word(p)), name))
			return p;
	}
	return NULL;
}

bool btf_struct_size(const struct btf *t, const char *name, uint32_t *size)
{
	const uint8_t *p = find_struct(t, name);

	if (p)
		*size = word(p + 8);
	return p;
}

/* Names and qualifiers of a type taken off. */
static const uint8_t *bare(const struct btf *t, uint32_t id)
{
	const uint8_t *p = type_at(t, id);

	for (int deep = 0; p && deep < DEEPEST; deep++) {
		uint32_t kind = kind_of(word(p + 4));

		if (kind != KIND_TYPEDEF && kind != KIND_VOLATILE && kind != KIND_CONST &&
		    kind != KIND_RESTRICT && kind != KIND_TYPE_TAG)
			return p;
		p = type_at(t, word(p + 8));
	}
	return NULL;
}

static bool measure(const struct btf *t, uint32_t id, struct btf_member *out)
{
	uint64_t count = 1;

	for (int deep = 0; deep < DEEPEST; deep++) {
		const uint8_t *p = bare(t, id);
		uint32_t kind = p ? kind_of(word(p + 4)) : 0;

		if (kind == KIND_ARRAY) {
			id = word(p + 12);
			count *= word(p + 20);
			if (count > UINT32_MAX)
				return false;
			continue;
		}
		if (kind == KIND_PTR)
			out->size = t->pointer;
		else if (kind == KIND_INT || kind == KIND_STRUCT || kind == KIND_UNION ||
			 kind == KIND_ENUM || kind == KIND_ENUM64 || kind == KIND_FLOAT)
			out->size = word(p + 8);
		else
			return false;
		out->count = (uint32_t)count;
		return true;
	}
	return false;
}

static bool find_in(const struct btf *t, const uint8_t *p, const char *member, uint32_t base,
		    int deep, struct btf_member *out)
{
	uint32_t info = word(p + 4);
	bool bits = info >> 31;

	for (uint32_t i = 0; i < vlen_of(info); i++) {
		const uint8_t *f = p + TYPE_WORDS * 4 + 12 * i;
		const char *name = name_at(t, word(f));
		uint32_t off = word(f + 8);
		const uint8_t *inner;

		if (bits && off >> 24)
			continue;
		off = base + (off & 0xffffff) / 8;
		if (!strcmp(name, member)) {
			out->offset = off;
			return measure(t, word(f + 4), out);
		}
		inner = name[0] || deep == DEEPEST ? NULL : bare(t, word(f + 4));
		if (inner &&
		    (kind_of(word(inner + 4)) == KIND_STRUCT ||
		     kind_of(word(inner + 4)) == KIND_UNION) &&
		    find_in(t, inner, member, off, deep + 1, out))
			return true;
	}
	return false;
}

bool btf_find_member(const struct btf *t, const char *strct, const char *member,
		     struct btf_member *out)
{
	const uint8_t *p = find_struct(t, strct);

	return p && find_in(t, p, member, 0, 0, out);
}

bool btf_find_constant(const struct btf *t, const char *name, uint32_t *value)
{
	for (uint32_t i = 0; i < t->count; i++) {
		const uint8_t *p = t->types + t->at[i];
		uint32_t info = word(p + 4);

		for (uint32_t k = 0; kind_of(info) == KIND_ENUM && k < vlen_of(info); k++) {
			const uint8_t *x = p + TYPE_WORDS * 4 + 8 * k;

			if (strcmp(name_at(t, word(x)), name) != 0)
				continue;
			*value = word(x + 4);
			return true;
		}
	}
	return false;
}
