#include "oracle/inputs.h"

#include "base/hex.h"
#include "base/keccak.h"
#include "oracle/bookfile.h"
#include "oracle/config.h"
#include "oracle/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
fits(int len)
{
	return len > 0 && (unsigned)len < INPUTS_PATH_MAX;
}

enum err
inputs_path(char out[INPUTS_PATH_MAX], const char *dir, enum inputs_kind kind,
    const struct b32 *hash)
{
	char hex[HEX_B32_BUF];

	hex_from_bytes(hex, hash->b, sizeof(hash->b));
	return fits(snprintf(out, INPUTS_PATH_MAX, "%s/inputs/%s.%s", dir,
	    hex + 2, kind == INPUTS_CONFIG ? "yaml" : "json")) ? ERR_OK :
	    ERR_LIMIT;
}

static bool
folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static bool
file_write(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool done = fd >= 0;
	int saved;

	while (done && len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		done = n > 0;
		if (done) {
			text += n;
			len -= (size_t)n;
		}
	}
	done = done && fsync(fd) == 0;
	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return done;
}

enum err
inputs_store(const char *dir, enum inputs_kind kind, const struct b32 *hash,
    const char *text, size_t len)
{
	char folder[INPUTS_PATH_MAX], path[INPUTS_PATH_MAX],
	    fresh[INPUTS_PATH_MAX];

	if (!fits(snprintf(folder, sizeof(folder), "%s/inputs", dir)) ||
	    !fits(snprintf(fresh, sizeof(fresh), "%s/inputs/new", dir)) ||
	    inputs_path(path, dir, kind, hash) != ERR_OK)
		return ERR_LIMIT;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return ERR_IO;
	if (access(path, F_OK) == 0)
		return ERR_OK;
	if (!file_write(fresh, text, len) || rename(fresh, path) != 0) {
		int saved = errno;

		(void)unlink(fresh);
		errno = saved;
		return ERR_IO;
	}
	return folder_sync(folder) && folder_sync(dir) ? ERR_OK : ERR_IO;
}

enum err
inputs_load(char **out, size_t *len, const char *dir, enum inputs_kind kind,
    const struct b32 *hash, FILE *errors)
{
	char path[INPUTS_PATH_MAX];
	struct b32 found;
	enum err e = inputs_path(path, dir, kind, hash);

	if (e != ERR_OK) {
		fprintf(errors, "%s: the path is too long\n", dir);
		return e;
	}
	e = file_read_text(out, len, path, kind == INPUTS_CONFIG ?
	    CONFIG_TEXT_MAX : BOOKFILE_TEXT_MAX, errors);
	if (e != ERR_OK)
		return e;
	keccak256(&found, *out, *len);
	if (b32_equal(&found, hash))
		return ERR_OK;
	fprintf(errors, "%s: its text has another hash than its name\n", path);
	free(*out);
	return ERR_AUTH;
}
