/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err: what went wrong, said once, in a text that the caller owns.
 *
 * Library code never prints and never exits.  A function that can fail returns
 * 0 (or a count) on success and a negative errno on failure, and describes the
 * failure in the struct err that it was handed: file, offset or event number,
 * and what was expected there.  Only a command turns it into a line on stderr
 * and an exit status.  A struct err belongs to one thread.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <errno.h>

struct err {
	int code;	/* negative errno, 0 while nothing is wrong */
	char text[512]; /* one line, no newline at its end */
};

/*
 * Describe a failure; returns -code (code is a positive errno), so that a
 * caller can write `return err_set(e, EINVAL, "...")`.  A NULL e is allowed.
 * The text is cut, never overrun; control bytes in it are shown as \xNN, since
 * parts of it may come from a hostile file.
 */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put a text before the one that is there ("FILE: " before the cause). Returns e->code. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Both are negative whatever they are given, and known to be so where the call stands. */
#define ERR_NEGATIVE(call)                       \
	__extension__({                          \
		int err_ = (call);               \
		if (err_ >= 0)                   \
			__builtin_unreachable(); \
		err_;                            \
	})
#define err_set(...) ERR_NEGATIVE(err_set(__VA_ARGS__))
#define err_prefix(...) ERR_NEGATIVE(err_prefix(__VA_ARGS__))

/* What err_set() returned for the failure that is described in e. */
static inline int err_code(const struct err *e)
{
	return e->code < 0 ? e->code : -EIO;
}

#endif
