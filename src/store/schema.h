/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema: the tables and views of a results file, and the check that a file
 * found on disk has exactly these (docs/schema.md describes them).
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "base/err.h"

struct sqlite3;

#define SCHEMA_VERSION 5		 /* PRAGMA user_version */
#define SCHEMA_APPLICATION_ID 0x6b6d4c62 /* PRAGMA application_id: "kmLb" */

/*
 * An empty database gets the schema where `create`; any other is compared with
 * it, object by object, so that readers may trust names, types and constraints.
 */
int schema_make_or_check(struct sqlite3 *db, const char *path, int create, struct err *e);

#endif
