// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "analyze/fold.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/html.h"

#define SHOWN 20  /* as style.c has it */
#define FOLDED 30 /* fewer are shown whole: nobody ticks a box for three rows */

FILE *fold_begin(struct fold *f)
{
	f->text = NULL;
	f->rows = open_memstream(&f->text, &f->len);
	return f->rows;
}

int fold_end(struct fold *f, unsigned rows, FILE *out)
{
	int ret = fclose(f->rows) ? -ENOMEM : 0;

	if (!ret && rows) {
		fprintf(out, "<div class=\"%s\"><div class=\"scroll\">",
			rows > FOLDED ? "fold" : "all");
		fwrite(f->text, 1, f->len, out);
		fputs("</div>\n", out);
		if (rows > FOLDED) {
			fprintf(out, "<label class=\"rest\"><span>The first %d of ", SHOWN);
			html_count(out, rows);
			fputs(" rows.</span> <input type=\"checkbox\"><b>Show all</b></label>\n",
			      out);
		}
		fputs("</div>\n", out);
	}
	free(f->text);
	return ret;
}
