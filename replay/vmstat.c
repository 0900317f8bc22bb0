// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/vmstat.h"
#include <stdlib.h>

#include <errno.h>
#include <stdlib.h>

#define SECOND 1000000000ull
#define PASSES_MOST 256 /* after so many, each an eighth off, no limit is above its lowest */
#define SKEW 3		/* ticks from CPU to CPU */
#define USUAL_HZ 250
#define LATEST (SECOND / 2) /* after its turn the work runs */
#define FIT_WITH 16	    /* drains; more tell nothing new */

void vmstat_see(struct vmstat_seen *v, const struct request *q)
{
	struct machine_turn *more;

	if (q->sig.op != OBS_PCPU_DRAIN || q->sig.aux != DRAIN_SOME || q->sig.aux2 || v->no_memory)
		return;
	if (v->count == v->room) {
		v->room = v->room ? 2 * v->room : 64;
		more = realloc(v->drains, v->room * sizeof(*more));
		v->no_memory = !more;
		if (!more)
			return;
		v->drains = more;
	}
	v->drains[v->count++] = (struct machine_turn){ .time = q->time, .cpu = q->cpu };
}

void vmstat_mark(struct vmstat_seen *v, const struct machine_jiffies *j, uint64_t time)
{
	int64_t less;

	if (v->marks >= j->marked)
		return;
	less = (int64_t)(time - j->marked_ns[v->marks]);
	if (!v->marks++ || less < v->trace_less_mono)
		v->trace_less_mono = less;
}

void vmstat_seen_free(struct vmstat_seen *v)
{
	free(v->drains);
	v->drains = NULL;
}

/*
 * Ticks from one multiple to the next at which a timer of a second expires: 8 on the wheel's level
 * of 63 to 503 ticks, 64 on the next.
 */
static uint64_t granularity(uint32_t hz)
{
	return hz < 504 ? 8 : 64;
}

/* Ticks after which the turns lie as before: the least common multiple of a second's and the wheel's. */
static uint64_t cycle(uint32_t hz)
{
	uint64_t grain = granularity(hz), a = hz, b = grain;

	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return grain / a * hz;
}

static uint32_t rate(const struct machine_jiffies *j)
{
	return j->hz ? j->hz : USUAL_HZ;
}

/* The first of a CPU's turns after `time`. */
static uint64_t turn_after(const struct machine_jiffies *j, uint64_t time, unsigned cpu)
{
	const uint32_t hz = rate(j);
	uint64_t tick = SECOND / hz, grain = granularity(hz), skew = SKEW * (uint64_t)cpu;
	uint64_t round = cycle(hz), ns = round * tick, since, now, second, turn;

	since = (time % ns + ns - j->at % ns) % ns; /* time may be before j->at */
	now = j->count % round + round + since / tick;
	second = (now + skew) / hz - 1;
	do
		turn = ((second++ * hz - skew) / grain + 1) * grain;
	while (turn <= now);
	return time - since % tick + (turn - now) * tick;
}

/* Was a turn of the CPU's at `time`, or in the tick before? */
static bool in_turn(const struct machine_jiffies *j, uint64_t time, unsigned cpu)
{
	uint64_t ticks = 2 * SECOND / rate(j);

	return turn_after(j, time < ticks ? 0 : time - ticks, cpu) <= time;
}

/* Jiffies with which the most drains are where they should be, to half a tick; of several, the first. */
static struct machine_jiffies fit(const struct vmstat_seen *v, uint32_t hz)
{
	struct machine_jiffies j = { .hz = hz };
	uint64_t step = SECOND / rate(&j) / 2, steps = 2 * cycle(rate(&j)), first = 0, last = 0;
	uint32_t best = 0;

	for (uint64_t i = 0; i < steps && v->count; i++) {
		uint32_t right = 0;

		j.at = i * step;
		for (uint32_t k = 0; k < v->count && k < FIT_WITH; k++)
			right += in_turn(&j, v->drains[k].time, v->drains[k].cpu);
		if (right > best) {
			best = right;
			first = last = i;
		} else if (right == best && i == last + 1) {
			last = i;
		}
	}
	j.at = (first + last) / 2 * step;
	return j;
}

int vmstat_settle(struct vmstat_seen *v, struct machine *m)
{
	if (v->no_memory)
		return -ENOMEM;
	if (v->marks && m->jiffies.mono_ns)
		m->jiffies.at = m->jiffies.mono_ns + (uint64_t)v->trace_less_mono;
	else
		m->jiffies = fit(v, m->jiffies.hz);
	m->turns = v->drains;
	m->turn_count = v->count;
	v->drains = NULL;
	return 0;
}

/* The next time that the work runs on a CPU: at its turn, or when it was seen to, late. */
static uint64_t next_after(struct vmstat *v, uint64_t time, unsigned cpu)
{
	uint64_t turn = turn_after(&v->m->jiffies, time, cpu);
	const struct machine_turn *t = v->m->turns;
	uint32_t *i = &v->seen[cpu];

	while (*i < v->m->turn_count && (t[*i].cpu != cpu || t[*i].time < turn))
		++*i;
	return *i < v->m->turn_count && t[*i].time - turn < LATEST ? t[*i].time : turn;
}

void vmstat_pass(struct vmstat *v, struct kmm *mm, uint64_t time, bool seen)
{
	const struct kmm_config *c = kmm_configuration(mm);
	unsigned cpus = c->policy.generation >= KMM_LINUX_6_18 ? c->cpus : 0;

	v->soonest = UINT64_MAX;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		for (unsigned n = 0; v->next[cpu] && v->next[cpu] <= time && n < PASSES_MOST; n++) {
			kmm_count_fold(mm, cpu);
			if (seen)
				kmm_pcp_lower(mm, cpu);
			else
				kmm_pcp_decay(mm, cpu);
			v->next[cpu] = next_after(v, v->next[cpu], cpu);
		}
		if (v->next[cpu] <= time)
			v->next[cpu] = next_after(v, time, cpu);
		if (v->next[cpu] < v->soonest)
			v->soonest = v->next[cpu];
	}
}
