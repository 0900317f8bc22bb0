/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printfmt: is the print format of an event one that libtraceevent can be given?  Its parser
 * and its evaluation of these expressions were made for what kernels write, and end in null
 * pointers, divisions by zero or endless output for what they do not.  So only what follows the
 * grammar that kernels use (include/trace/stages/, printed by f_show() in kernel/trace/) passes:
 *
 *   FORMAT, expression, ...     of C's operators, casts, REC->field of a field that is
 *                               there, constants, and the functions that libtraceevent knows,
 *                               with the arguments that they take; divisors are constants
 */
#ifndef TRACE_PRINTFMT_H
#define TRACE_PRINTFMT_H

#include <stdbool.h>
#include <stddef.h>

/* text: an event's whole format description. */
bool printfmt_sane(const char *text, size_t len);

#endif
