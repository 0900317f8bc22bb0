/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands: one file a command, src/cli/NAME.c; main.c lists them. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/options.h"

extern struct command cmd_import, cmd_info, cmd_dump, cmd_state, cmd_replay, cmd_verify, cmd_report,
	cmd_policy, cmd_export, cmd_record, cmd_stat, cmd_colour, cmd_tlb, cmd_check, cmd_compare,
	cmd_advise, cmd_scrub;

#endif
