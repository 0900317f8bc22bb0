// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sql.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

/* The errno that caused an I/O or open error, if SQLite knows it. */
static int os_errno(sqlite3 *db, int otherwise)
{
	int code = db ? sqlite3_system_errno(db) : 0;

	return code > 0 ? code : otherwise;
}

int sql_error(sqlite3 *db, const char *path, int rc, struct err *e)
{
	int code;

	switch (rc & 0xff) {
	case SQLITE_FULL:
		return err_set(e, ENOSPC, "%s: the disk is full", path);
	case SQLITE_READONLY:
		return err_set(e, EROFS, "%s: cannot be written (read-only)", path);
	case SQLITE_NOTADB:
		return err_set(e, EINVAL, "%s: not a results file (no SQLite header)", path);
	case SQLITE_CORRUPT:
		return err_set(e, EINVAL, "%s: damaged (%s)", path, sqlite3_errmsg(db));
	case SQLITE_NOMEM:
		return err_set(e, ENOMEM, "%s: out of memory", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, EBUSY, "%s: another program holds the file locked", path);
	case SQLITE_CANTOPEN:
		code = os_errno(db, EIO);
		return err_set(e, code, "%s: cannot be opened (%s)", path, strerror(code));
	case SQLITE_IOERR:
		code = os_errno(db, EIO);
		return err_set(e, code, "%s: input or output error (%s)", path, strerror(code));
	case SQLITE_CONSTRAINT:
		return err_set(e, EINVAL, "%s: %s", path, sqlite3_errmsg(db));
	default:
		return err_set(e, EIO, "%s: %s", path,
			       db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	}
}

int sql_vbind(sqlite3_stmt *st, const char *types, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 1; types[i - 1] && rc == SQLITE_OK; i++) {
		uint64_t u;

		switch (types[i - 1]) {
		case 'i':
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'u':
			u = va_arg(ap, uint64_t);
			rc = sqlite3_bind_int64(st, i, u > INT64_MAX ? INT64_MAX : (int64_t)u);
			break;
		case 'd':
			rc = sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		case 't':
			rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		default:
			rc = SQLITE_MISUSE;
		}
	}
	return rc;
}

int sql_bind(sqlite3_stmt *st, const char *types, ...)
{
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = sql_vbind(st, types, ap);
	va_end(ap);
	return rc;
}

static const char *path_of(sqlite3 *db)
{
	const char *path = sqlite3_db_filename(db, "main");

	return path && *path ? path : "results";
}

sqlite3_stmt *sql_query(sqlite3 *db, struct err *e, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st = NULL;
	va_list ap;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	va_start(ap, types);
	if (rc == SQLITE_OK)
		rc = sql_vbind(st, types, ap);
	va_end(ap);
	if (rc == SQLITE_OK)
		return st;
	sql_error(db, path_of(db), rc, e);
	sqlite3_finalize(st);
	return NULL;
}

int sql_row(sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);
	sqlite3 *db = sqlite3_db_handle(st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : sql_error(db, path_of(db), rc, e);
}

double sql_real(sqlite3_stmt *st, int column)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL ? NAN :
								sqlite3_column_double(st, column);
}
