#include "oracle/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096u

static enum err
fail_errno(char why[PRIVATE_WHY], const char *what)
{
	int number = errno;

	if (number == ELOOP)
		snprintf(why, PRIVATE_WHY, "is a symbolic link");
	else
		snprintf(why, PRIVATE_WHY, "%s: %s", what,
		    strerrordesc_np(number));
	return number == ELOOP ? ERR_REFUSED : ERR_IO;
}

static enum err
fail_refused(char why[PRIVATE_WHY], const char *what)
{
	snprintf(why, PRIVATE_WHY, "%s", what);
	return ERR_REFUSED;
}

enum err
private_file_check(int fd, char why[PRIVATE_WHY])
{
	struct stat s;

	if (fstat(fd, &s) != 0)
		return fail_errno(why, "cannot be read");
	if (!S_ISREG(s.st_mode))
		return fail_refused(why, "is not a regular file");
	if (s.st_uid != geteuid() && s.st_uid != 0)
		return fail_refused(why, "belongs to another user");
	if ((s.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail_refused(why,
		    "is open to group or world (chmod 600 it)");
	return ERR_OK;
}

static enum err
read_all(int fd, uint8_t *out, size_t *len, size_t max, char why[PRIVATE_WHY])
{
	size_t have = 0;

	for (;;) {
		uint8_t beyond;
		ssize_t n = have < max ? read(fd, out + have, max - have) :
		    read(fd, &beyond, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(why, "cannot be read");
		if (n == 0)
			break;
		if (have == max) {
			snprintf(why, PRIVATE_WHY,
			    "is larger than %zu bytes", max);
			return ERR_LIMIT;
		}
		have += (size_t)n;
	}
	*len = have;
	return ERR_OK;
}

enum err
private_file_read(void *out, size_t *len, size_t max, const char *path,
    char why[PRIVATE_WHY])
{
	/* Without O_NONBLOCK a FIFO would hold us here. */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	enum err e;

	if (fd < 0)
		return fail_errno(why, "cannot be opened");
	e = private_file_check(fd, why);
	if (e == ERR_OK)
		e = read_all(fd, out, len, max, why);
	close(fd);
	return e;
}

enum err
private_folder_sync(const char *path, char why[PRIVATE_WHY])
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_SIZE] = ".";
	int fd;
	enum err e = ERR_OK;

	if (slash) {
		size_t len = (size_t)(slash - path) + (slash == path);

		if (len >= sizeof(folder)) {
			snprintf(why, PRIVATE_WHY, "has too long a path");
			return ERR_LIMIT;
		}
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(why, "its folder cannot be opened");
	if (fsync(fd) != 0)
		e = fail_errno(why, "its folder cannot be synced");
	close(fd);
	return e;
}

static enum err
write_all(int fd, const uint8_t *bytes, size_t len, char why[PRIVATE_WHY])
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(why, "cannot be written");
		done += (size_t)n;
	}
	if (fsync(fd) != 0)
		return fail_errno(why, "cannot be synced");
	return ERR_OK;
}

enum err
private_file_create(const char *path, const void *bytes, size_t len,
    char why[PRIVATE_WHY])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, S_IRUSR | S_IWUSR);
	enum err e;

	if (fd < 0 && errno == EEXIST) {
		snprintf(why, PRIVATE_WHY, "is there already");
		return ERR_DUPLICATE;
	}
	if (fd < 0)
		return fail_errno(why, "cannot be created");
	e = write_all(fd, bytes, len, why);
	close(fd);
	if (e == ERR_OK)
		e = private_folder_sync(path, why);
	if (e != ERR_OK)
		unlink(path);
	return e;
}

enum err
private_file_replace(const char *path, const void *bytes, size_t len,
    char why[PRIVATE_WHY])
{
	char fresh[PATH_SIZE];
	enum err e;
	int fd;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >=
	    sizeof(fresh)) {
		snprintf(why, PRIVATE_WHY, "has too long a path");
		return ERR_LIMIT;
	}
	fd = mkostemp(fresh, O_CLOEXEC);	/* mode 0600 */
	if (fd < 0)
		return fail_errno(why, "cannot be created");
	e = write_all(fd, bytes, len, why);
	close(fd);
	if (e == ERR_OK && rename(fresh, path) != 0)
		e = fail_errno(why, "cannot be replaced");
	if (e != ERR_OK) {
		unlink(fresh);
		return e;
	}
	return private_folder_sync(path, why);
}
