/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftext_event: an event's own words ("key=value ...") as the payload of a struct
 * event, by the same field names that bind.c looks for in binary records.
 */
#ifndef TRACE_FTEXT_EVENT_H
#define TRACE_FTEXT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "trace/bind.h"
#include "trace/event.h"
#include "trace/gfpbits.h"

#define FTEXT_MEMO 16
#define FTEXT_KEY 24

/* What pointers are in the text. */
enum ftext_pointer {
	FTEXT_NIL,
	FTEXT_RAW,
	FTEXT_HASHED, /* as %p has printed since 4.15: the same for the same address */
	FTEXT_HIDDEN, /* "(____ptrval____)", before the kernel has its random key */
};

enum ftext_value { FTEXT_PLAIN, FTEXT_POINTER, FTEXT_GFP, FTEXT_SITE, FTEXT_NAME };

/* What a key says. */
struct ftext_memo {
	char key[FTEXT_KEY];
	uint8_t len;   /* 0: not kept */
	int8_t field;  /* -1: not wanted */
	uint8_t value; /* enum ftext_value */
};

/* A kind of line: which field each of its keys is, in the order of the last line. */
struct ftext_type {
	enum event_kind kind;
	uint8_t payload;
	uint32_t needed;
	uint64_t absent[BIND_FIELDS];
	struct ftext_memo memo[FTEXT_MEMO + 1]; /* and one for all that come after */
};

struct ftext_words {
	struct intern sites; /* symbols of call sites */
	struct intern gfp_words;
	kmm_gfp *gfp; /* by number in gfp_words */
	uint32_t gfp_room;
	struct gfpbits numbers; /* for numbers without a word */
};

int ftext_words_init(struct ftext_words *w);
void ftext_words_free(struct ftext_words *w);
/* The symbol that a call site's number stands for; NULL: it is an address. */
const char *ftext_site(const struct ftext_words *w, uint64_t site, uint64_t *offset);
/* The numbers that call sites in a function of this name get. 0 or -ENOMEM. */
int ftext_function(struct ftext_words *w, const char *name, uint64_t *start, uint64_t *end);

void ftext_type_init(struct ftext_type *t, enum event_kind kind);
/* Fill kind and payload from the words at p .. end. 0 or -ENOMEM. */
int ftext_event_read(struct ftext_words *w, struct ftext_type *t, const char *p, const char *end,
		     struct event *ev, struct intern *names);
/* What the value of "ptr=" at p .. end is; *bits: how wide its address is, 0 unknown. */
enum ftext_pointer ftext_pointer(const char *p, const char *end, unsigned *bits);

#endif
