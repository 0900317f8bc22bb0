// SPDX-License-Identifier: GPL-2.0-or-later
/* pagecompare: the report's section on what-ifs: each run beside native, with the simulation's error. */
#include <math.h>

#include "analyze/compareplot.h"
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
	double base = c->runs[c->native].value[m], v = c->runs[run].value[m];
	enum compare_verdict verdict = compare_judge(c, run, (unsigned)c->native, m);

	fputs("<tr><th scope=\"row\">", out);
	html_text(out, c->runs[run].name);
	fputs("</th><td data-l=\"Question\">", out);
	html_text(out, compare_metric_name(m));
	fputs("</td>", out);
	number(out, "Native", base);
	number(out, "This run", v);
	number(out, "Difference", v - base);
	number(out, "Error", compare_error(c, m));
	fprintf(out, "<td data-l=\"Verdict\"%s>",
		verdict == COMPARE_LESS || verdict == COMPARE_MORE ? " class=\"beyond\"" : "");
	html_text(out, compare_verdict_name(verdict));
	fputs("</td></tr>\n", out);
}

static void table(FILE *out, const struct compare *c)
{
	fputs("<p class=\"caption\">Each run beside native, the captured kernel\xe2\x80\x99s own policy "
	      "simulated. The error is that of the simulation in the very same figure: |native \xe2\x88\x92 "
	      "recorded|. A difference that is not larger is within error and says nothing.</p>\n<div "
	      "class=\"scroll\"><table class=\"grid\">\n<thead><tr><th>Run</th><th>Question</th><th "
	      "class=\"n\">Native</th><th class=\"n\">This run</th><th class=\"n\">Difference</th><th "
	      "class=\"n\">Error</th><th>Verdict</th></tr></thead>\n<tbody>\n",
	      out);
	for (unsigned i = 0; i < c->count; i++)
		for (unsigned m = 0; m < COMPARE_METRICS; m++)
			if ((int)i != c->native && (int)i != c->recorded && (int)i != c->objects &&
			    c->runs[i].complete && isfinite(c->runs[i].value[m]))
				row(out, c, i, (enum compare_metric)m);
	fputs("</tbody></table></div>\n", out);
}

static int figures(const struct page *p, const struct compare *c, struct err *e)
{
	char id[48];
	int ret = 0;

	fputs("<figure id=\"what-if\" class=\"many\">\n<figcaption><h3>One figure a question</h3>\n<p>The "
	      "error bars have the length of |native \xe2\x88\x92 recorded| to either side: where they "
	      "overlap native\xe2\x80\x99s, nothing is shown.</p>\n<p class=\"slice\">Slice: at the end of "
	      "the runs, or over all of them; all zones together.</p></figcaption>\n<div "
	      "class=\"panels\">\n",
	      p->out);
	for (unsigned m = 0; m < COMPARE_METRICS && ret >= 0; m++) {
		if (!compareplot_has(c, (enum compare_metric)m))
			continue;
		snprintf(id, sizeof(id), "fig-what-if-%u", m);
		ret = compareplot_draw(c, (enum compare_metric)m, FIGURE_SVG, id, p->out, e);
	}
	fputs("</div>\n</figure>\n", p->out);
	return ret;
}

int page_compare(const struct page *p, struct err *e)
{
	const struct compare *c = p->compare;
	unsigned others = 0;
	int ret = 0;

	for (unsigned i = 0; i < c->count; i++)
		others += (int)i != c->native && (int)i != c->recorded && (int)i != c->objects &&
			  c->runs[i].complete;
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
		table(p->out, c);
		ret = figures(p, c, e);
	}
	fputs("</section>\n", p->out);
	return ret;
}
