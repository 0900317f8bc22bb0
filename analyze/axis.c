// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double nice_step(double span, unsigned want)
{
	double raw = span / (want ? want : 1), power = pow(10, floor(log10(raw))), r = raw / power;

	return power * (r <= 1.0001 ? 1 : r <= 2.0001 ? 2 : r <= 5.0001 ? 5 : 10);
}

/* Decimals that a multiple of step needs. */
static int decimals(double step)
{
	int d = (int)ceil(-log10(step) - 1e-9);

	return d < 0 ? 0 : d > 9 ? 9 : d;
}

void axis_format(char out[AXIS_LABEL], double v, int digits)
{
	static const char suffix[] = { 0, 'k', 'M', 'G', 'T', 'P', 'E' };
	unsigned s = 0;
	char *dot;

	while (fabs(v) >= 999.9999 && s + 1 < sizeof(suffix)) {
		v /= 1000;
		digits = 3;
		s++;
	}
	snprintf(out, AXIS_LABEL - 1, "%.*f", digits, v);
	dot = s ? strchr(out, '.') : NULL;
	if (dot) { /* 1.500k: no zeros at the end */
		char *end = out + strlen(out) - 1;

		while (end > dot && *end == '0')
			*end-- = 0;
		if (end == dot)
			*end = 0;
	}
	if (s) {
		size_t n = strlen(out);

		out[n] = suffix[s];
		out[n + 1] = 0;
	}
}

static void add_ticks(struct axis *a, double step, bool plain)
{
	double first = ceil(a->lo / step - 1e-9) + 0.0; /* never -0 */
	int digits = decimals(step);

	a->ticks = 0;
	for (double i = first; i * step <= a->hi + step * 1e-6 && a->ticks < AXIS_TICKS; i++) {
		a->at[a->ticks] = i * step;
		if (plain)
			snprintf(a->label[a->ticks], AXIS_LABEL, "%.*f", digits, i * step);
		else
			axis_format(a->label[a->ticks], i * step, digits);
		a->ticks++;
	}
}

static bool usable(double lo, double hi)
{
	return isfinite(lo) && isfinite(hi) && hi > lo && fabs(hi) < 1e18 &&
	       hi - lo > fabs(hi) * 1e-12;
}

void axis_exact(struct axis *a, double lo, double hi, unsigned want)
{
	double step;

	memset(a, 0, sizeof(*a));
	if (!usable(lo, hi)) {
		lo = isfinite(lo) && fabs(lo) < 1e12 ? lo : 0;
		hi = lo + 1;
	}
	a->lo = lo;
	a->hi = hi;
	step = nice_step(hi - lo, want);
	/* A time is read to the last digit, so it gets no k unless the steps are long. */
	add_ticks(a, step, hi < 1e5 || step < 100);
}

void axis_from_zero(struct axis *a, double hi, unsigned want)
{
	double step;

	memset(a, 0, sizeof(*a));
	if (!usable(0, hi))
		hi = 1;
	step = nice_step(hi, want);
	a->hi = step * ceil(hi / step - 1e-9);
	add_ticks(a, step, false);
}

void axis_from_zero_log(struct axis *a, double hi)
{
	double v = 1;
	int skip, powers;

	memset(a, 0, sizeof(*a));
	if (!usable(0, hi))
		hi = 1;
	a->log = true;
	a->hi = hi < 10 ? 10 : hi;
	powers = (int)floor(log10(a->hi) + 1e-9);
	skip = 1 + powers / 8;
	a->at[0] = 0;
	strcpy(a->label[0], "0");
	a->ticks = 1;
	for (int p = 0; p <= powers && a->ticks < AXIS_TICKS; p += skip, v = pow(10, p)) {
		a->at[a->ticks] = v;
		axis_format(a->label[a->ticks], v, 0);
		a->ticks++;
	}
}

double axis_place(const struct axis *a, double v)
{
	double t = a->log ? log1p(v < 0 ? 0 : v) / log1p(a->hi) : (v - a->lo) / (a->hi - a->lo);

	return !(t > 0) ? 0 : t > 1 ? 1 : t;
}
