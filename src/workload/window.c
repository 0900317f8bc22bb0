// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int window_init(struct window *w)
{
	memset(w, 0, sizeof(*w));
	w->ring = calloc(WINDOW_SIZE, sizeof(*w->ring));
	return w->ring ? 0 : -ENOMEM;
}

void window_free(struct window *w)
{
	free(w->ring);
	memset(w, 0, sizeof(*w));
}
