/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * units: amounts of memory as people read them, in powers of 1024.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

enum unit { UNIT_B, UNIT_KIB, UNIT_MIB, UNIT_GIB, UNIT_TIB };

/*
 * The largest unit of which an amount, given in `from`, is one or more as it is shown
 * (1,023.6 KiB would be shown as 1,024, so it is 1 MiB); the amount becomes one of it.
 */
const char *units_scale(double *amount, enum unit from);

#endif
