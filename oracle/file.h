/* oracle/file.h - whole files, with a ceiling. */
#ifndef ORACLE_FILE_H
#define ORACLE_FILE_H

#include "base/types.h"

#include <stdio.h>

/* file_read_text reads path ("-" is standard input) into a fresh buffer that
 * ends with a NUL (not counted in *len) and is the caller's to free.  On
 * failure one line goes to errors.  ERR_LIMIT above max bytes, ERR_IO. */
MUST_CHECK enum err file_read_text(char **out, size_t *len, const char *path,
    size_t max, FILE *errors);

/* file_write_text writes a whole file anew, for people; one line on errors says
 * what went wrong.  ERR_IO. */
MUST_CHECK enum err file_write_text(const char *path, const char *text,
    size_t len, FILE *errors);

#endif
