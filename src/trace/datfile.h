/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datfile: the outside of a trace.dat file: header, sections, options and where
 * each CPU's ring-buffer pages lie.  File versions 6 and 7 as described in
 * trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 */
#ifndef TRACE_DATFILE_H
#define TRACE_DATFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trace/filemap.h"
#include "trace/unpack.h"

/* An event format's text, in the file or in an unpacked section. */
struct dat_format {
	const char *system;
	const char *text;
	uint32_t len;
};

struct dat_cpu {
	uint32_t cpu;
	uint64_t offset, size; /* in the file */
};

struct dat_buffer {
	char name[64];
	char clock[32];
	uint32_t page_size;
	struct dat_cpu *cpus;
	uint32_t cpu_count;
	bool packed; /* in chunks */
};

struct dat_text {
	const char *text;
	uint32_t len;
};

/* The kernel's counters of a CPU's ring buffer. */
struct dat_stat {
	uint32_t cpu;
	uint64_t lost;
};

struct datfile {
	struct filemap map;
	bool swap, big_endian;
	uint8_t version, long_size;
	uint32_t page_size;
	char compression[16];
	struct unpacker unpacker;
	struct dat_format *formats;
	uint32_t format_count, format_room;
	struct dat_text header_page, header_event, kallsyms, printk, cmdlines, uname;
	struct dat_buffer *buffers;
	uint32_t buffer_count;
	char clock[32];
	uint64_t time_offset;	      /* to be added, modulo 2^64, once the time is in ns */
	uint64_t date;		      /* of it: what makes a time of day of it */
	uint32_t tsc_mult, tsc_shift; /* mult 0: none */
	bool time_shift;
	struct dat_stat *stats;
	uint32_t stat_count;
	bool truncated;
	const char *cut_names; /* a list of names that ends early; NULL */
	uint8_t **sections;    /* unpacked ones, to be freed */
	uint32_t section_count, section_bytes;
};

/* 0, or a negative errno with e saying offset and what was expected there. */
int datfile_open(struct datfile *d, const char *path, struct err *e);
/* The same with a mapped file, which is the datfile's from now on, even on failure. */
int datfile_read(struct datfile *d, const struct filemap *map, const char *path, struct err *e);
void datfile_close(struct datfile *d);

#endif
