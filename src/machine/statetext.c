// SPDX-License-Identifier: GPL-2.0-or-later
/* statetext: what is known of a state as a text, which machine_load() understands. */
#include <errno.h>
#include <stdlib.h>

#include "machine/load.h"

int state_text(const struct machine *m, const struct machine_state *s, state_writer *write,
	       const char *what, struct blob *out, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	*out = (struct blob){ 0 };
	if (!f)
		return err_set(e, ENOMEM, "out of memory for %s", what);
	write(m, s, f);
	if (ferror(f) | fclose(f)) {
		free(text);
		return err_set(e, ENOMEM, "out of memory for %s", what);
	}
	*out = (struct blob){ (uint8_t *)text, len };
	return 0;
}
