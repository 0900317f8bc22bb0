// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "machine/load.h"

static const struct {
	const char *word, *arch;
} arches[] = {
	{ "x86_64", "x86_64" },	  { "amd64", "x86_64" },    { "i386", "i386" },
	{ "i686", "i386" },	  { "686", "i386" },	    { "686-pae", "i386" },
	{ "aarch64", "aarch64" }, { "arm64", "aarch64" },   { "s390x", "s390x" },
	{ "ppc64le", "ppc64le" }, { "riscv64", "riscv64" },
};

static void arch_of_word(struct machine *m, struct span word)
{
	for (size_t i = 0; i < sizeof(arches) / sizeof(*arches) && !m->arch[0]; i++) {
		struct span tail = word;
		size_t n = strlen(arches[i].word);

		if (!span_ends(word, arches[i].word))
			continue;
		tail.end -= n;
		if (tail.p == tail.end || tail.end[-1] == '-' || tail.end[-1] == '.')
			snprintf(m->arch, sizeof(m->arch), "%s", arches[i].arch);
	}
}

static bool number(struct span *s, uint32_t *v)
{
	uint64_t n = 0;
	const char *from = s->p;

	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9' && n < 100000; s->p++)
		n = n * 10 + (uint64_t)(*s->p - '0');
	*v = (uint32_t)n;
	return s->p > from;
}

/* /proc/version ("Linux version 6.1.0-56-amd64 (...) ...") or uname ("6.18.44 x86_64"). */
int version_parse(struct machine *m, struct text *t, struct err *e)
{
	struct span line, word, release;

	if (!text_next(t, &line) || !span_word(&line, &word))
		return text_bad(t, e, "the kernel's version was expected");
	if (span_is(word, "Linux") &&
	    (!span_word(&line, &word) || !span_is(word, "version") || !span_word(&line, &word)))
		return text_bad(t, e, "expected \"Linux version RELEASE\"");
	release = word;
	if (!number(&release, &m->kernel_major) || release.p == release.end ||
	    *release.p++ != '.' || !number(&release, &m->kernel_minor)) {
		m->kernel_major = m->kernel_minor = 0;
		return text_bad(t, e, "%.*s is no kernel release", (int)span_len(word), word.p);
	}
	span_copy(word, m->kernel, sizeof(m->kernel));
	arch_of_word(m, word);
	if (span_word(&line, &word))
		arch_of_word(m, word);
	return 0;
}

/* Of the kernel's configuration only what changes how other files are read. */
int kconfig_parse(struct machine *m, struct text *t, struct err *e)
{
	static const struct {
		const char *set;
		uint32_t hz;
	} rates[] = { { "CONFIG_HZ_100=y", 100 },
		      { "CONFIG_HZ_250=y", 250 },
		      { "CONFIG_HZ_300=y", 300 },
		      { "CONFIG_HZ_1000=y", 1000 } };
	struct span line;

	(void)e;
	m->thp_compiled = 0;
	while (text_next(t, &line)) {
		for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++)
			if (span_is(line, rates[i].set))
				m->jiffies.hz = rates[i].hz;
		if (span_is(line, "CONFIG_TRANSPARENT_HUGEPAGE=y"))
			m->thp_compiled = 1;
		else if (span_is(line, "CONFIG_CMA=y"))
			m->cma_compiled = true;
		else if (span_is(line, "CONFIG_X86_64=y"))
			snprintf(m->arch, sizeof(m->arch), "x86_64");
		else if (span_is(line, "CONFIG_X86_32=y"))
			snprintf(m->arch, sizeof(m->arch), "i386");
	}
	return 0;
}
