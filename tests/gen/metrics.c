// SPDX-License-Identifier: GPL-2.0-or-later
/* metrics: prints docs/metrics.md from the table that the program itself uses. */
#include "analyze/metrics.h"

int main(void)
{
	metrics_print_markdown(stdout);
	return fflush(stdout) || ferror(stdout) ? 2 : 0;
}
