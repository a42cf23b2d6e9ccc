/* oracle/private_file.h - files that only their owner may see: keys,
 * passwords, configuration, the signer's state.
 *
 * A symbolic link, anything but a regular file, one of another user (root's
 * excepted), and one that group or world can read or write are refused; `why`
 * then says which, without the path.
 */
#ifndef ORACLE_PRIVATE_FILE_H
#define ORACLE_PRIVATE_FILE_H

#include "base/types.h"

#define PRIVATE_WHY 160u

/* private_file_check judges an open descriptor.  ERR_REFUSED, ERR_IO. */
MUST_CHECK enum err private_file_check(int fd, char why[PRIVATE_WHY]);

/* private_file_read reads a whole file of at most max bytes and says how many
 * in *len.  ERR_IO, ERR_REFUSED, ERR_LIMIT; out may then hold a part of it. */
MUST_CHECK enum err private_file_read(void *out, size_t *len, size_t max,
    const char *path, char why[PRIVATE_WHY]);

/* private_file_create writes a new file of mode 0600 durably (file and folder
 * are synced).  ERR_DUPLICATE where the name is taken, ERR_IO; nothing stays
 * behind on failure. */
MUST_CHECK enum err private_file_create(const char *path, const void *bytes,
    size_t len, char why[PRIVATE_WHY]);

/* private_file_replace puts bytes in the place of whatever had the name, or of
 * nothing: durably, mode 0600, and so that a reader sees the old text or the
 * new one, never a part.  ERR_LIMIT (too long a path), ERR_IO; on failure the
 * old file stays. */
MUST_CHECK enum err private_file_replace(const char *path, const void *bytes,
    size_t len, char why[PRIVATE_WHY]);

/* private_folder_sync makes the name of a new file durable. */
MUST_CHECK enum err private_folder_sync(const char *path,
    char why[PRIVATE_WHY]);

#endif
