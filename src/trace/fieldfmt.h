/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fieldfmt: are the fields of an event's format ones that libtraceevent can be given?  Its parser
 * looks for the bracket that closes one past the end of the text.  So only what is written in the
 * characters that kernels use and closes its brackets line by line passes.
 */
#ifndef TRACE_FIELDFMT_H
#define TRACE_FIELDFMT_H

#include <stdbool.h>
#include <stddef.h>

/* text: an event's format description; what stands behind "print fmt:" is not looked at. */
bool fieldfmt_sane(const char *text, size_t len);

#endif
