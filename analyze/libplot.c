// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/libplot.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SONAME "libplot.so.2"

static const struct {
	const char *name;
	size_t at;
} functions[] = {
	{ "pl_newplparams", offsetof(struct libplot, newplparams) },
	{ "pl_deleteplparams", offsetof(struct libplot, deleteplparams) },
	{ "pl_setplparam", offsetof(struct libplot, setplparam) },
	{ "pl_newpl_r", offsetof(struct libplot, newpl) },
	{ "pl_deletepl_r", offsetof(struct libplot, deletepl) },
	{ "pl_openpl_r", offsetof(struct libplot, openpl) },
	{ "pl_closepl_r", offsetof(struct libplot, closepl) },
	{ "pl_bgcolor_r", offsetof(struct libplot, bgcolor) },
	{ "pl_erase_r", offsetof(struct libplot, erase) },
	{ "pl_fspace_r", offsetof(struct libplot, fspace) },
	{ "pl_joinmod_r", offsetof(struct libplot, joinmod) },
	{ "pl_linemod_r", offsetof(struct libplot, linemod) },
	{ "pl_flinewidth_r", offsetof(struct libplot, flinewidth) },
	{ "pl_flinedash_r", offsetof(struct libplot, flinedash) },
	{ "pl_pentype_r", offsetof(struct libplot, pentype) },
	{ "pl_pencolor_r", offsetof(struct libplot, pencolor) },
	{ "pl_filltype_r", offsetof(struct libplot, filltype) },
	{ "pl_fillcolor_r", offsetof(struct libplot, fillcolor) },
	{ "pl_fmove_r", offsetof(struct libplot, fmove) },
	{ "pl_fcont_r", offsetof(struct libplot, fcont) },
	{ "pl_fbox_r", offsetof(struct libplot, fbox) },
	{ "pl_endsubpath_r", offsetof(struct libplot, endsubpath) },
	{ "pl_endpath_r", offsetof(struct libplot, endpath) },
	{ "pl_fontname_r", offsetof(struct libplot, fontname) },
	{ "pl_ffontsize_r", offsetof(struct libplot, ffontsize) },
	{ "pl_alabel_r", offsetof(struct libplot, alabel) },
	{ "pl_flabelwidth_r", offsetof(struct libplot, flabelwidth) },
};

int libplot_load(struct libplot *l, struct err *e)
{
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(e, ENOENT, "figures need libplot (Debian's libplot2c2): %s",
			       dlerror());
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *f = dlsym(library, functions[i].name);

		if (!f)
			return err_set(e, ENOENT, SONAME " has no function %s", functions[i].name);
		memcpy((char *)l + functions[i].at, &f, sizeof(f));
	}
	return 0;
}
