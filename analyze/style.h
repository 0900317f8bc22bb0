/* SPDX-License-Identifier: GPL-2.0-or-later */
/* style: the report's style sheet. */
#ifndef ANALYZE_STYLE_H
#define ANALYZE_STYLE_H

extern const char style_sheet[];

#endif
