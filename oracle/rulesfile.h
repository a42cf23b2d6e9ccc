/* oracle/rulesfile.h - rules.yaml (or JSON) to the rules of the margin model.
 *
 * The file's keys stand over its preset's, and these over the defaults.  Errors
 * go to `errors`, one a line as file:line:column: text, all of a file in one
 * pass; unknown keys with a "did you mean".  DESIGN section 6.
 */
#ifndef ORACLE_RULESFILE_H
#define ORACLE_RULESFILE_H

#include "margin/rules.h"

#include <stdio.h>

#define RULESFILE_TEXT_MAX (1024u * 1024u)

/* rulesfile_read checks and seals what it writes to out.  An empty file is the
 * defaults. */
MUST_CHECK enum err rulesfile_read(struct rules *out, const char *text,
    size_t len, const char *file, FILE *errors);

/* The table of the file, for `margind config explain`. */
void rulesfile_explain(FILE *out);

#endif
