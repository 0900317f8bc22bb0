/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opening: the report's first paragraphs: in words, what matters, the largest
 * problem first, with its numbers; then whether the numbers can be trusted.
 * Problems are ranked by the bytes that they cost; failed allocations and missing
 * knowledge come before all.
 */
#ifndef ANALYZE_OPENING_H
#define ANALYZE_OPENING_H

#include "analyze/page.h"

int opening(const struct page *p, struct err *e);

#endif
