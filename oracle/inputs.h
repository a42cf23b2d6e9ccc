/* oracle/inputs.h - the texts that a journal's START records name by hash:
 * DIR/inputs/<keccak256>.yaml (configs) and .json (books), so that a replay
 * needs nothing but DIR.
 *
 * The folder is for its owner only: a config may hold an RPC key. */
#ifndef ORACLE_INPUTS_H
#define ORACLE_INPUTS_H

#include "base/types.h"

#include <stdio.h>

#define INPUTS_PATH_MAX 512u

enum inputs_kind { INPUTS_CONFIG, INPUTS_BOOK };

/* inputs_path: ERR_LIMIT where it does not fit. */
MUST_CHECK enum err inputs_path(char out[INPUTS_PATH_MAX], const char *dir,
    enum inputs_kind kind, const struct b32 *hash);
/* inputs_store keeps a text under its hash, durably; one that is there is
 * left alone.  ERR_IO (errno), ERR_LIMIT. */
MUST_CHECK enum err inputs_store(const char *dir, enum inputs_kind kind,
    const struct b32 *hash, const char *text, size_t len);
/* inputs_load reads it into a fresh buffer, the caller's to free, and checks
 * its hash.  A line on `errors` says what is wrong.  ERR_IO, ERR_AUTH (another
 * hash), ERR_LIMIT. */
MUST_CHECK enum err inputs_load(char **out, size_t *len, const char *dir,
    enum inputs_kind kind, const struct b32 *hash, FILE *errors);

#endif
