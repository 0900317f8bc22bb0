/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privileges: what a recorder gives up once it is set up.  It stays root by its
 * user id, which owns the files that it reads, but without the capabilities that
 * would let it do anything else: a fault in it then reaches no further.
 */
#ifndef RECORD_PRIVILEGES_H
#define RECORD_PRIVILEGES_H

/* For the thread that calls: all but what reading snapshots, ending the command and writing the
 * capture where it was asked for take.  Threads that are started later have no more. */
void privileges_drop(void);
/* For a thread that only moves data between files that are open: everything. */
void privileges_drop_all(void);
/* For a thread that must come to the ring buffers before they are full, whatever else runs: while it may ask for that. */
void privileges_go_first(void);

#endif
