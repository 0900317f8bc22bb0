/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dat: what datfile.c, dat6.c and dat7.c share: the parts that both file versions hold. */
#ifndef TRACE_DAT_H
#define TRACE_DAT_H

#include "trace/bytes.h"
#include "trace/datfile.h"

#define DAT_SECTION_LIMIT \
	(256u << 20) /* all unpacked sections; the largest part that is believed */
#define DAT_CPUS 4096
#define DAT_BUFFERS 256

enum dat_option {
	DAT_DONE = 0,
	DAT_DATE = 1,
	DAT_CPUSTAT = 2,
	DAT_BUFFER = 3,
	DAT_TRACECLOCK = 4,
	DAT_UNAME = 5,
	DAT_OFFSET = 7,
	DAT_CPUCOUNT = 8,
	DAT_TIME_SHIFT = 12,
	DAT_TSC2NSEC = 14,
	DAT_HEADER_INFO = 16,
	DAT_FTRACE_EVENTS = 17,
	DAT_EVENT_FORMATS = 18,
	DAT_KALLSYMS = 19,
	DAT_PRINTK = 20,
	DAT_CMDLINES = 21,
};

/* The file from the first byte after its long size and page size on. */
int dat6_read(struct datfile *d, struct cursor *c, struct err *e);
int dat7_read(struct datfile *d, struct cursor *c, struct err *e);

/* "offset N: the file ends or is damaged where WHAT was expected"; -EBADMSG. */
int dat_expected(const struct cursor *c, const char *what, struct err *e);
int dat_read_formats(struct datfile *d, struct cursor *c, const char *system, uint32_t count,
		     struct err *e);
int dat_read_systems(struct datfile *d, struct cursor *c, struct err *e);
int dat_read_header_info(struct datfile *d, struct cursor *c, struct err *e);
int dat_read_text(struct cursor *c, unsigned size_bytes, struct dat_text *t, const char *what,
		  struct err *e);
/* The same of a list of names, which is used as far as it is there (datfile.cut_names). */
int dat_read_names(struct datfile *d, struct cursor *c, unsigned size_bytes, struct dat_text *t,
		   const char *what, struct err *e);
struct dat_buffer *dat_add_buffer(struct datfile *d, struct err *e);
int dat_add_cpu(struct datfile *d, struct dat_buffer *b, uint32_t cpu, uint64_t offset,
		uint64_t size, struct err *e);
/* An option that both versions know; others are passed over. */
int dat_read_option(struct datfile *d, uint16_t id, const uint8_t *p, uint32_t len, struct err *e);
void dat_clock_name(const char *text, size_t len, char *out, size_t room);

#endif
