// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "analyze/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/html.h"
#include "analyze/page.h"
#include "analyze/plain.h"
#include "base/file.h"
#include "base/table.h"

/* ---- figures in the page ---- */

static int panel(const struct page *p, const struct figure_kind *k, unsigned run, struct err *e)
{
	char id[64];

	snprintf(id, sizeof(id), "fig-%s-%u", k->id, run);
	return figures_draw(p->figures, k, run, FIGURE_SVG, id, p->out, e);
}

/* Runs without a panel, and why: what they would show is `flat`, or is not there. */
static void undrawn(const struct page *p, const struct figure_kind *k, bool flat, bool all)
{
	unsigned n = 0;
	char heading[64];

	for (unsigned i = 0; i < p->figures->count; i++) {
		const struct series *r = &p->runs[i];

		if (k->has(p->figures, r) || (k->flat && k->known(p->figures, r)) != flat)
			continue;
		if (!n++)
			fputs(flat ? "<p>" : "<p class=\"gap\">", p->out);
		if (all)
			continue;
		fputs(n > 1 ? "; " : "Not drawn: ", p->out);
		figures_heading(r, heading, sizeof(heading));
		html_text(p->out, heading);
	}
	if (!n)
		return;
	if (flat)
		fprintf(p->out, "%s%s</p>\n", all ? "" : ". ", k->flat);
	else
		fprintf(p->out, all ? "Not drawn: %s.</p>\n" : ", since %s.</p>\n", k->missing);
}

/* What part of the capture a figure shows. */
static void slice(const struct page *p, const char *zone)
{
	const struct figures *x = p->figures;
	uint32_t most = 0, taken = 0;

	for (unsigned i = 0; i < x->count; i++)
		if (x->runs[i].in_file > most) {
			most = x->runs[i].in_file;
			taken = x->runs[i].samples;
		}
	if (!taken)
		return;
	fputs("<p class=\"slice\">Slice: ", p->out);
	html_real(p->out, x->t0, 7);
	fputs(" to ", p->out);
	html_real(p->out, x->t1, 7);
	fputs(p->c->clock_is_time ? "\xc2\xa0s, " : " clock units, ", p->out);
	html_count(p->out, taken);
	if (taken < most) {
		fputs(" of ", p->out);
		html_count(p->out, most);
	}
	fputs(" samples, ", p->out);
	if (*zone) {
		fputs("zone ", p->out);
		html_text(p->out, zone);
	} else {
		fputs("all zones", p->out);
	}
	fputs(".</p>", p->out);
}

static int figure(const struct page *p, const struct figure_kind *k, struct err *e)
{
	const char *zone = figures_zone_name(p->figures, k);
	unsigned drawn = 0, flat = 0;
	int ret = 0;

	/* More than two panels need not stand on one sheet of paper. */
	fprintf(p->out, "<figure id=\"%s\"%s>\n<figcaption><h3>%s", k->id,
		p->figures->count > 2 ? " class=\"many\"" : "", k->title);
	if (*zone) {
		fputs(", zone ", p->out);
		html_text(p->out, zone);
	}
	fprintf(p->out, "</h3>\n<p>%s <a href=\"#metric-%s\">See Definitions.</a></p>\n",
		k->caption, k->metric);
	slice(p, *zone ? zone : "");
	fputs("</figcaption>\n", p->out);
	for (unsigned i = 0; i < p->figures->count; i++) {
		drawn += k->has(p->figures, &p->runs[i]);
		flat += !k->has(p->figures, &p->runs[i]) && k->flat &&
			k->known(p->figures, &p->runs[i]);
	}
	if (drawn)
		fputs("<div class=\"panels\">\n", p->out);
	for (unsigned i = 0; i < p->figures->count && ret >= 0; i++)
		if (k->has(p->figures, &p->runs[i]))
			ret = panel(p, k, i, e);
	if (drawn)
		fputs("</div>\n", p->out);
	undrawn(p, k, true, flat == p->figures->count);
	undrawn(p, k, false, !drawn && !flat);
	fputs("</figure>\n", p->out);
	return ret;
}

static int figures_section(const struct page *p, struct err *e)
{
	bool recorded = p->figures->count && !p->figures->runs[0].simulated;
	int ret = 0;

	fputs("<section id=\"figures\">\n<h2>Over time</h2>\n", p->out);
	if (!p->figures->count)
		fputs("<p class=\"gap\">There is no run to draw.</p>\n", p->out);
	else if (!recorded)
		fputs("<p class=\"gap\">There is no recorded run to lay beside the "
		      "simulated.</p>\n",
		      p->out);
	else if (p->figures->count == 1)
		fputs("<p class=\"gap\">There is no simulated run to lay beside the "
		      "recorded.</p>\n",
		      p->out);
	else
		fputs("<p>The panels of a figure have the same axes.</p>\n", p->out);
	for (const struct figure_kind *k = figure_kinds; p->figures->count && k->id && ret >= 0;
	     k++)
		ret = figure(p, k, e);
	fputs("</section>\n", p->out);
	return ret;
}

static int write_page(const struct page *p, struct err *e)
{
	int ret;

	page_head(p);
	ret = page_summary(p, e);
	if (ret >= 0)
		ret = page_unknown(p, e);
	if (ret >= 0)
		ret = page_fidelity(p, e);
	if (ret >= 0)
		ret = page_compare(p, e);
	if (ret >= 0)
		ret = figures_section(p, e);
	if (ret >= 0)
		ret = page_holders(p, e);
	if (ret >= 0)
		ret = page_slabs(p, e);
	if (ret >= 0)
		ret = page_colour(p, e);
	if (ret >= 0)
		ret = page_tlb(p, e);
	if (ret >= 0)
		ret = page_owners(p, e);
	if (ret >= 0)
		ret = page_machine(p, e);
	page_glossary(p);
	page_foot(p);
	return ret;
}

/* ---- figures as files ---- */

/* Letters, digits, '.', '-' of a policy's name; never a path. */
static void file_part(const struct series *r, unsigned run, char *out, size_t size)
{
	size_t n = 0;

	if (!r->simulated) {
		snprintf(out, size, "recorded");
		return;
	}
	for (const char *p = r->policy; *p && n + 8 < size; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || (n && (*p == '.' || *p == '-')))
			out[n++] = *p;
	snprintf(out + n, size - n, n ? "-%u" : "run-%u", run);
}

static int figure_file(const struct figures *x, const struct figure_kind *k, unsigned run,
		       const struct report_options *o, struct err *e)
{
	struct file_out out;
	char part[64], *path;
	int ret;

	file_part(&x->runs[run], run, part, sizeof(part));
	if (asprintf(&path, "%s/%s-%s.%s", o->figures_dir, k->id, part,
		     figure_formats[o->figure_format]) < 0)
		return err_set(e, ENOMEM, "out of memory");
	ret = file_out_open(&out, path, 0, e);
	free(path);
	if (ret < 0)
		return ret;
	ret = figures_draw(x, k, run, o->figure_format, NULL, out.f, e);
	if (ret >= 0)
		ret = file_out_commit(&out, e);
	file_out_abort(&out);
	return ret;
}

static int figure_files(const struct figures *x, const struct report_options *o, struct err *e)
{
	int ret = 0;

	if (mkdir(o->figures_dir, 0777) && errno != EEXIST)
		return err_set(e, errno, "%s: %s", o->figures_dir, strerror(errno));
	for (const struct figure_kind *k = figure_kinds; k->id; k++)
		for (unsigned i = 0; i < x->count && ret >= 0; i++)
			if (k->has(x, &x->runs[i]))
				ret = figure_file(x, k, i, o, e);
	return ret;
}

/* ---- the whole ---- */

static bool chosen(const struct series *r, const struct report_options *o)
{
	if (!r->simulated || !o->policy_count)
		return true;
	for (size_t i = 0; i < o->policy_count; i++)
		if (!strcmp(r->policy, o->policies[i]))
			return true;
	return false;
}

/*
 * A run that is set right after each allocation looks like the recorded one: its
 * score is worth a row, its figures are not worth the paper.  That with objects is
 * there for its caches.
 */
static bool is_aside(const struct series *r)
{
	static const char *const ends[] = { ", anchored", ", with objects",
					    ", with objects, as what-if" };
	size_t n = strlen(r->policy);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (r->simulated && n > strlen(ends[i]) &&
		    !strcmp(r->policy + n - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

/*
 * Bring the chosen runs to the front, first of all those to be drawn; says which
 * policy is not there.
 */
static int choose(struct series *runs, unsigned all, unsigned *count, unsigned *drawn,
		  const struct report_options *o, struct err *e)
{
	for (size_t i = 0; i < o->policy_count; i++) {
		bool found = false;

		for (unsigned k = 0; k < all; k++)
			found |= runs[k].simulated && !strcmp(runs[k].policy, o->policies[i]);
		if (!found)
			return err_set(e, ENOENT, "the results hold no run under the policy '%s'",
				       o->policies[i]);
	}
	*count = *drawn = 0;
	for (int aside = 0; aside < 2; aside++) {
		for (unsigned k = *count; k < all; k++) {
			struct series r = runs[k];

			if (!chosen(&r, o) || is_aside(&r) != aside)
				continue;
			memmove(&runs[*count + 1], &runs[*count], (k - *count) * sizeof(*runs));
			runs[(*count)++] = r;
			*drawn += !aside || o->policy_count;
		}
	}
	return 0;
}

const char *const report_formats[] = { "html", "markdown", "text", NULL };

#define TEXT_WIDTH 100 /* where it goes to no terminal */

/* Through the HTML, so that all forms say the same. */
static int write_plain(struct page *p, enum report_format format, FILE *out, struct err *e)
{
	size_t len, width = table_terminal(out);
	char *html = NULL;
	int ret;

	p->out = open_memstream(&html, &len);
	if (!p->out)
		return err_set(e, ENOMEM, "out of memory");
	ret = write_page(p, e);
	if (fclose(p->out) && ret >= 0)
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = plain_write(html, len, format == REPORT_MARKDOWN,
				  width ? (unsigned)width : TEXT_WIDTH, out, e);
	free(html);
	return ret;
}

static int write_report(const struct page *page, const struct report_options *o, struct err *e)
{
	struct page p = *page;
	struct file_out out;
	int ret;

	if (!strcmp(o->path, "-")) {
		p.out = stdout;
		return o->format == REPORT_HTML ? write_page(&p, e) :
						  write_plain(&p, o->format, stdout, e);
	}
	ret = file_out_open(&out, o->path, 0, e);
	if (ret < 0)
		return ret;
	p.out = out.f;
	ret = o->format == REPORT_HTML ? write_page(&p, e) : write_plain(&p, o->format, out.f, e);
	if (ret >= 0)
		ret = file_out_commit(&out, e);
	file_out_abort(&out);
	return ret;
}

int report_write(struct store *s, int64_t capture, const struct report_options *o, struct err *e)
{
	struct err own = { 0 };
	struct series_capture c;
	struct series *runs = calloc(SERIES_RUNS, sizeof(*runs));
	struct figures x;
	struct compare compare = { .count = 0 };
	struct page p = { .s = s, .c = &c, .runs = runs, .figures = &x, .compare = &compare };
	unsigned all = 0, drawn = 0;
	int ret, zone = -1;

	e = e ? e : &own;
	if (!runs)
		return err_set(e, ENOMEM, "out of memory");
	ret = series_capture_read(s, capture, &c, e);
	if (ret < 0) {
		free(runs);
		return ret;
	}
	if (o->zone && (zone = series_zone_by_name(&c, o->zone)) < 0)
		ret = err_set(e, ENOENT, "the capture has no zone '%s'", o->zone);
	if (ret >= 0)
		ret = series_read(s, &c, runs, &all, e);
	if (ret >= 0)
		ret = choose(runs, all, &p.count, &drawn, o, e);
	if (ret >= 0) {
		figures_init(&x, &c, runs, drawn, zone);
		ret = compare_read(&compare, s, c.id, e);
		if (ret >= 0 && o->path)
			ret = write_report(&p, o, e);
		if (ret >= 0 && o->figures_dir)
			ret = figure_files(&x, o, e);
	}
	compare_free(&compare);
	series_free(runs, all);
	free(runs);
	series_capture_free(&c);
	return ret < 0 ? ret : 0;
}
