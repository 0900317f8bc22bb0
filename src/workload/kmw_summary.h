/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmw_summary: struct kmw_summary as text, a line "key value" each, so that a
 * person can read it in the file and a later version can add keys.
 */
#ifndef WORKLOAD_KMW_SUMMARY_H
#define WORKLOAD_KMW_SUMMARY_H

#include "base/file.h"
#include "workload/kmw.h"

#define KMW_SUMMARY_NAME "kmw/summary"
#define KMW_INDEX_NAME "kmw/index"

/* 0 or a negative errno; free with blob_free(). */
int kmw_summary_text(const struct kmw_summary *s, struct blob *out, struct err *e);
/* Unknown keys are passed over; s->counts and s->per_cpu are for the caller to free, on failure too. */
int kmw_summary_parse(const struct blob *b, struct kmw_summary *s, struct err *e);

#endif
