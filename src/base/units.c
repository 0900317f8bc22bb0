// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/units.h"

const char *units_scale(double *amount, enum unit from)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned u = from;

	for (; *amount >= 1023.5 && u < UNIT_TIB; u++)
		*amount /= 1024;
	return names[u];
}
