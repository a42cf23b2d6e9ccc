/* oracle/options.h - a command's options as a table: for reading argv and for
 * --help.  `--name VALUE`, `--name=VALUE`, `--flag`; `--` ends them. */
#ifndef ORACLE_OPTIONS_H
#define ORACLE_OPTIONS_H

#include "base/types.h"

#include <stdio.h>

#define OPTIONS_MAX 24u
#define OPERANDS_MAX 8u

struct option_row {
	const char *name;	/* without the dashes; NULL ends the table */
	const char *value;	/* "FILE"; NULL: a flag */
	bool is_required;
	const char *help;	/* one line */
};

struct options_command {
	const char *name;	/* "margin" */
	const char *operands;	/* "FILE", or NULL: none */
	size_t operands_min, operands_max;	/* at most OPERANDS_MAX */
	const char *summary;	/* what it does, in one or a few lines */
	const struct option_row *rows;
};

/* What was given: by row, NULL where it was not; of a flag its own name. */
struct options_given {
	const char *value[OPTIONS_MAX];
	const char *operand[OPERANDS_MAX];
	size_t operand_count;
};

/* options_read: true to go on.  Otherwise *code is the exit code: EXIT_OK
 * after --help was printed to standard output, EXIT_USAGE after one line on
 * standard error. */
bool options_read(struct options_given *out, const struct options_command *c,
    int argc, char **argv, int *code);
/* options_get: the value of an option of the table (MUST), or NULL. */
const char *options_get(const struct options_command *c,
    const struct options_given *g, const char *name);
/* options_u64: false after one line on standard error. */
bool options_u64(const struct options_command *c,
    const struct options_given *g, const char *name, uint64_t *out);
void options_help(FILE *out, const struct options_command *c);

#endif
