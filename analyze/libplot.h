/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libplot: the functions of GNU libplot that draw figures, found when the first figure is begun
 * and not when the program starts: the window system's libraries, which come with it, take longer
 * to load than many a command runs.
 */
#ifndef ANALYZE_LIBPLOT_H
#define ANALYZE_LIBPLOT_H

#include <stdio.h>

#include <plot.h> /* which needs what is above */

#include "base/err.h"

/* Each bears its own name there less pl_ and, where there is one, _r. */
struct libplot {
	__typeof__(pl_newplparams) *newplparams;
	__typeof__(pl_deleteplparams) *deleteplparams;
	__typeof__(pl_setplparam) *setplparam;
	__typeof__(pl_newpl_r) *newpl;
	__typeof__(pl_deletepl_r) *deletepl;
	__typeof__(pl_openpl_r) *openpl;
	__typeof__(pl_closepl_r) *closepl;
	__typeof__(pl_bgcolor_r) *bgcolor;
	__typeof__(pl_erase_r) *erase;
	__typeof__(pl_fspace_r) *fspace;
	__typeof__(pl_joinmod_r) *joinmod;
	__typeof__(pl_linemod_r) *linemod;
	__typeof__(pl_flinewidth_r) *flinewidth;
	__typeof__(pl_flinedash_r) *flinedash;
	__typeof__(pl_pentype_r) *pentype;
	__typeof__(pl_pencolor_r) *pencolor;
	__typeof__(pl_filltype_r) *filltype;
	__typeof__(pl_fillcolor_r) *fillcolor;
	__typeof__(pl_fmove_r) *fmove;
	__typeof__(pl_fcont_r) *fcont;
	__typeof__(pl_fbox_r) *fbox;
	__typeof__(pl_endsubpath_r) *endsubpath;
	__typeof__(pl_endpath_r) *endpath;
	__typeof__(pl_fontname_r) *fontname;
	__typeof__(pl_ffontsize_r) *ffontsize;
	__typeof__(pl_alabel_r) *alabel;
	__typeof__(pl_flabelwidth_r) *flabelwidth;
};

/* Find them all; the library stays loaded.  0, or -ENOENT with e set. */
int libplot_load(struct libplot *l, struct err *e);

#endif
