// SPDX-License-Identifier: GPL-2.0-or-later
/* pagecompare: the report's section on what-ifs: each run beside native, with the simulation's error. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyze/compareplot.h"
#include "analyze/fold.h"
#include "analyze/html.h"
#include "analyze/page.h"

static void number(FILE *out, const char *label, double v)
{
	fprintf(out, "<td class=\"n\" data-l=\"%s\">", label);
	html_real(out, v, 4);
	fputs("</td>", out);
}

static void row(FILE *out, const struct compare *c, unsigned run, enum compare_metric m)
{
	unsigned base = (unsigned)compare_baseline(c, run);
	double b = c->runs[base].value[m], v = c->runs[run].value[m];
	enum compare_verdict verdict = compare_judge(c, run, base, m);

	fputs("<tr><th scope=\"row\">", out);
	html_text(out, c->runs[run].name);
	fputs("</th><td data-l=\"Metric\">", out);
	html_text(out, compare_metric_name(m));
	fputs("</td>", out);
	number(out, "Control", b);
	number(out, "This run", v);
	number(out, "Difference", v - b);
	number(out, "Error", compare_error(c, run, base, m));
	fprintf(out, "<td data-l=\"Verdict\"%s>",
		verdict == COMPARE_LESS || verdict == COMPARE_MORE ? " class=\"beyond\"" : "");
	html_text(out, compare_verdict_name(verdict));
	fputs("</td></tr>\n", out);
}

/* Is there anything to say of it: was it anything but 0 in one of the runs? */
static bool happened(const struct compare *c, unsigned run, enum compare_metric m)
{
	unsigned base = (unsigned)compare_baseline(c, run);

	return isfinite(c->runs[run].value[m]) &&
	       (c->runs[run].value[m] != 0 || c->runs[base].value[m] != 0 ||
		compare_error(c, run, base, m) != 0);
}

static int table(FILE *page, const struct compare *c, struct err *e)
{
	struct fold f;
	FILE *out = fold_begin(&f);
	unsigned rows = 0;

	if (!out)
		return err_set(e, ENOMEM, "out of memory");
	fputs("<h3>All numbers</h3>\n<p class=\"caption\">What was 0 in all runs is left out.</p>\n",
	      page);
	fputs("<table class=\"grid\">\n"
	      "<thead><tr><th>Run</th><th>Metric</th><th class=\"n\">Control</th><th class=\"n\">This "
	      "run</th><th class=\"n\">Difference</th><th class=\"n\">Error</th><th>Verdict</th></tr>"
	      "</thead>\n<tbody>\n",
	      out);
	for (unsigned i = 0; i < c->count; i++)
		for (unsigned m = 0; m < COMPARE_METRICS; m++)
			if (compare_what_if(c, i) && happened(c, i, (enum compare_metric)m)) {
				row(out, c, i, (enum compare_metric)m);
				rows++;
			}
	fputs("</tbody></table>", out);
	if (fold_end(&f, rows, page))
		return err_set(e, ENOMEM, "out of memory");
	return 0;
}

/* Is any what-if outside the error in it? */
static bool moved(const struct compare *c, enum compare_metric m)
{
	for (unsigned i = 0; i < c->count; i++) {
		enum compare_verdict v;

		if (!compare_what_if(c, i))
			continue;
		v = compare_judge(c, i, (unsigned)compare_baseline(c, i), m);
		if (v == COMPARE_LESS || v == COMPARE_MORE)
			return true;
	}
	return false;
}

/* A panel a metric; of what explains the others only what moved. */
static bool drawn(const struct compare *c, enum compare_metric m, enum compare_question q)
{
	return compare_metric_question(m) == q && compareplot_has(c, m) &&
	       (q != COMPARE_WHY || moved(c, m));
}

/* The metrics of a figure in which a what-if is outside the error; how many of them were said. */
static unsigned answer_of(FILE *out, const struct compare *c, unsigned run, enum compare_question q)
{
	unsigned base = (unsigned)compare_baseline(c, run), said = 0;

	for (unsigned i = 0; i < COMPARE_METRICS; i++) {
		enum compare_metric m = (enum compare_metric)i;
		enum compare_verdict v = compare_judge(c, run, base, m);

		if (!drawn(c, m, q) || (v != COMPARE_LESS && v != COMPARE_MORE))
			continue;
		if (!said) {
			fputs("<li>", out);
			html_text(out, c->runs[run].name);
		}
		fputs(said++ ? "; " : ": ", out);
		html_text(out, compare_metric_name(m));
		fputs(" ", out);
		html_real(out, c->runs[run].value[m], 4);
		fputs(", control ", out);
		html_real(out, c->runs[base].value[m], 4);
	}
	if (said)
		fputs("</li>\n", out);
	return said;
}

/* In words: which what-ifs are outside the error, and where. */
static void answer(FILE *out, const struct compare *c, enum compare_question q)
{
	unsigned said = 0;
	char *list = NULL;
	size_t len;
	FILE *f = open_memstream(&list, &len);

	if (!f)
		return;
	for (unsigned i = 0; i < c->count; i++)
		if (compare_what_if(c, i))
			said += answer_of(f, c, i, q);
	if (!fclose(f) && said)
		fprintf(out, "<p>Outside the error:</p>\n<ul>\n%s</ul>\n", list);
	else
		fputs("<p>No difference is outside the error.</p>\n", out);
	free(list);
}

static int figure(const struct page *p, const struct compare *c, enum compare_question q,
		  struct err *e)
{
	unsigned panels = 0;
	char id[48];
	int ret = 0;

	for (unsigned m = 0; m < COMPARE_METRICS; m++)
		panels += drawn(c, (enum compare_metric)m, q);
	if (!panels)
		return 0;
	fprintf(p->out, "<figure id=\"what-if-%s\" class=\"many\">\n<figcaption><h3>%s</h3>\n",
		compare_question_name(q), compare_question_text(q));
	answer(p->out, c, q);
	fprintf(p->out,
		"<p class=\"slice\">Slice: %s; all zones together.</p></figcaption>\n<div "
		"class=\"panels\">\n",
		q == COMPARE_COST ?
			"over the whole of each run" :
		q == COMPARE_WHY ?
			"pages kept from being whole by whose pages pin their block, at the end; "
			"fallbacks over the whole of each run" :
			"at the end of each run, or over all of it");
	for (unsigned m = 0; m < COMPARE_METRICS && ret >= 0; m++) {
		if (!drawn(c, (enum compare_metric)m, q))
			continue;
		snprintf(id, sizeof(id), "fig-what-if-%u", m);
		ret = compareplot_draw(c, (enum compare_metric)m, FIGURE_SVG, id, p->out, e);
	}
	fputs("</div>\n</figure>\n", p->out);
	return ret;
}

static int what_ifs(const struct page *p, const struct compare *c, struct err *e)
{
	int ret = 0;

	fputs("<p class=\"caption\">Each run beside its control: the captured kernel\xe2\x80\x99s own policy, "
	      "simulated in the same way (<a href=\"#metric-what-if-error\">see Definitions</a>). The error, as lines of "
	      "that length to either side, is how far the control is from what was recorded; a difference "
	      "that is not larger is within error and says nothing about the policy.</p>\n",
	      p->out);
	for (unsigned q = 0; q < COMPARE_QUESTIONS && ret >= 0; q++)
		ret = figure(p, c, (enum compare_question)q, e);
	if (ret >= 0)
		ret = table(p->out, c, e);
	return ret;
}

int page_compare(const struct page *p, struct err *e)
{
	const struct compare *c = p->compare;
	unsigned others = 0;
	int ret = 0;

	for (unsigned i = 0; i < c->count; i++)
		others += compare_what_if(c, i);
	fputs("<section id=\"compare\">\n<h2>What if</h2>\n", p->out);
	if (c->native < 0) {
		fputs("<p class=\"gap\">The captured kernel\xe2\x80\x99s own policy was not simulated: there "
		      "is nothing to compare with.</p>\n",
		      p->out);
	} else if (!others) {
		fputs("<p class=\"gap\">No other policy was simulated: --policy and --set of kmemlab replay "
		      "say what would be.</p>\n",
		      p->out);
	} else {
		ret = what_ifs(p, c, e);
	}
	fputs("</section>\n", p->out);
	return ret;
}
