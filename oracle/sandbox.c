/* oracle/sandbox.c - what a role may still do once it has opened what it
 * needs.  Steps, in this order:
 *   (1) another user, where started as root (all roles but the journal, which
 *       creates files in its folder for as long as it lives);
 *   (2) no new privileges, killed when the supervisor dies;
 *   (3) Landlock: the files of struct sandbox_paths and no others; no TCP
 *       bind, and no TCP connect but for those who dial out;
 *   (4) seccomp: the system calls below and no others.  For the signer
 *       anything else kills it; for the others it fails with EPERM.
 * Sanitizer builds skip (4): their runtimes need calls of their own.
 */
#include "oracle/log.h"
#include "oracle/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROLE_UID_BASE 64000u	/* no name needed: nothing else runs as these */

/* Newer than Debian 12's header; numbers of include/uapi/linux/landlock.h. */
#define ACCESS_FS_REFER (1ULL << 13)
#define ACCESS_FS_TRUNCATE (1ULL << 14)
#define ACCESS_NET_BIND (1ULL << 0)
#define ACCESS_NET_CONNECT (1ULL << 1)

struct landlock_ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
};

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | \
	LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE (ACCESS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ACCESS_FS_ALL_V1 ((1ULL << 13) - 1)

static bool
role_dials(enum role role)
{
	return role == ROLE_FEEDS || role == ROLE_CHAIN;
}

static bool
user_drop(enum role role)
{
	uid_t id = ROLE_UID_BASE + (uid_t)role;

	if (geteuid() != 0 || role == ROLE_JOURNAL)
		return true;
	return setgroups(0, NULL) == 0 && setresgid(id, id, id) == 0 &&
	    setresuid(id, id, id) == 0;
}

static bool
path_allow(int ruleset, const char *path, uint64_t access, uint64_t handled)
{
	struct landlock_path_beneath_attr rule;
	struct stat s;
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return errno == ENOENT;	/* what is not there needs no right */
	memset(&rule, 0, sizeof(rule));
	rule.parent_fd = fd;
	rule.allowed_access = access & handled;
	if (fstat(fd, &s) == 0 && !S_ISDIR(s.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE |
		    LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE;
	done = syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	close(fd);
	return done;
}

/* The rules, while the paths can still be reached: a folder may lie below one
 * that the role's user may not enter.  -1 where there are none. */
static int
landlock_prepare(enum role role, const struct sandbox_paths *paths)
{
	struct landlock_ruleset set = { 0 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t more = 0;
	int fd;
	bool done = true;

	if (abi < 1)
		return -1;
	if (abi >= 2)
		more |= ACCESS_FS_REFER;
	if (abi >= 3)
		more |= ACCESS_FS_TRUNCATE;
	set.handled_access_fs = ACCESS_FS_ALL_V1 | more;
	if (abi >= 4) {
		set.handled_access_net = ACCESS_NET_BIND;
		if (!role_dials(role))
			set.handled_access_net |= ACCESS_NET_CONNECT;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &set,
	    abi >= 4 ? sizeof(set) : sizeof(set.handled_access_fs), 0);
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_COUNT(paths->read) && done; i++)
		if (paths->read[i])
			done = path_allow(fd, paths->read[i], ACCESS_READ,
			    set.handled_access_fs);
	for (size_t i = 0; i < ARRAY_COUNT(paths->write) && done; i++)
		if (paths->write[i])
			done = path_allow(fd, paths->write[i], ACCESS_WRITE |
			    ACCESS_FS_TRUNCATE, set.handled_access_fs);
	if (done)
		return fd;
	close(fd);
	return -1;
}

static bool
landlock_enter(int ruleset)
{
	return ruleset >= 0 &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

/* What every role's loop needs. */
static const int calls_common[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(recvfrom),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(futex),
	SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(tgkill),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(getrandom),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(fcntl), SCMP_SYS(lseek),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield),
};
static const int calls_signer[] = {
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(fdatasync),
	SCMP_SYS(fsync), SCMP_SYS(mprotect), SCMP_SYS(munlock),
};
static const int calls_socket[] = {
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(bind), SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(socketpair), SCMP_SYS(pipe2),
	SCMP_SYS(pipe), SCMP_SYS(eventfd2), SCMP_SYS(ioctl),
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(getdents64),
	SCMP_SYS(uname), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(pread64),
	SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(mprotect), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sysinfo), SCMP_SYS(prctl), SCMP_SYS(dup), SCMP_SYS(dup3),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(accept4), SCMP_SYS(accept),
};
static const int calls_files[] = {
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(fdatasync),
	SCMP_SYS(fsync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(flock), SCMP_SYS(getdents64),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(getcwd), SCMP_SYS(fchmod), SCMP_SYS(fchown),
	SCMP_SYS(geteuid), SCMP_SYS(getuid), SCMP_SYS(getegid),
	SCMP_SYS(getgid), SCMP_SYS(sysinfo), SCMP_SYS(statfs),
	SCMP_SYS(fstatfs), SCMP_SYS(utimensat), SCMP_SYS(mprotect),
	SCMP_SYS(sync_file_range), SCMP_SYS(uname),
};

static bool
calls_allow(scmp_filter_ctx f, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	return true;
}

static bool
seccomp_enter(enum role role)
{
	bool strict = role == ROLE_SIGNER, done;
	scmp_filter_ctx f = seccomp_init(strict ? SCMP_ACT_KILL_PROCESS :
	    SCMP_ACT_ERRNO(EPERM));

	if (!f)
		return false;
	done = calls_allow(f, calls_common, ARRAY_COUNT(calls_common));
	if (role == ROLE_SIGNER)
		done = done && calls_allow(f, calls_signer,
		    ARRAY_COUNT(calls_signer));
	if (role_dials(role) || role == ROLE_API)
		done = done && calls_allow(f, calls_socket,
		    ARRAY_COUNT(calls_socket));
	if (role == ROLE_JOURNAL || role == ROLE_API)
		done = done && calls_allow(f, calls_files,
		    ARRAY_COUNT(calls_files));
	done = done && seccomp_load(f) == 0;
	seccomp_release(f);
	return done;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static enum err
step_failed(enum config_sandbox mode, const char *step)
{
	if (mode == SANDBOX_REQUIRE) {
		log_error("sandbox: %s: %s", step, strerrordesc_np(errno));
		return ERR_IO;
	}
	log_warn("sandbox: %s does not hold here: %s", step,
	    strerrordesc_np(errno));
	return ERR_OK;
}

enum err
sandbox_enter(enum role role, enum config_sandbox mode,
    const struct sandbox_paths *paths)
{
	int ruleset = landlock_prepare(role, paths);
	enum err e = ERR_OK;

	if (!user_drop(role))
		e = step_failed(mode, "another user");
	/* A change of user clears this one; and who is an orphan already
	 * sees its control socket closed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (e == ERR_OK && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		e = step_failed(mode, "no new privileges");
	if (e == ERR_OK && !landlock_enter(ruleset))
		e = step_failed(mode, "Landlock");
	if (ruleset >= 0)
		close(ruleset);
	if (e == ERR_OK && !IS_SANITIZED && !seccomp_enter(role))
		e = step_failed(mode, "seccomp");
	return e;
}
