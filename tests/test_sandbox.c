/* Each test forks a child that enters a role's sandbox and then tries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oracle/log.h"
#include "oracle/proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int
in_role(enum role role, const struct sandbox_paths *paths, int (*try)(void))
{
	int status;
	pid_t pid;

	/* A sanitizer's runtime makes calls of its own, so its flavours go
	 * without the filter: these tests are the release flavour's. */
	if (IS_SANITIZED)
		skip();
	pid = fork();

	if (pid == 0) {
		if (sandbox_enter(role, SANDBOX_REQUIRE, paths) != ERR_OK)
			_exit(99);
		_exit(try());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int
try_open(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0 ? 1 : 0;
}

static int
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 1 : 0;
}

static int
try_exec(void)
{
	char sh[] = "/bin/true";
	char *argv[] = { sh, NULL };

	execv(sh, argv);
	return 0;
}

static int
try_bind(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return 2;
	return bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? 1 : 0;
}

static int
try_connect(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return 2;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return 1;
	return errno == ECONNREFUSED ? 1 : 0;
}

static char folder[] = "/tmp/margind-sandbox-XXXXXX";

static int
try_write_inside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/inside", folder);
	return open(path, O_WRONLY | O_CREAT, 0600) >= 0 ? 1 : 0;
}

static int
try_write_outside(void)
{
	return open("/tmp/margind-outside", O_WRONLY | O_CREAT, 0600) >= 0 ?
	    1 : 0;
}

static int
try_user(void)
{
	return geteuid() == 0 ? 1 : 0;
}

static const struct sandbox_paths none;

static void
sandbox_engine__opens_neither_file_nor_socket(void **state)
{
	(void)state;
	assert_int_equal(in_role(ROLE_ENGINE, &none, try_open), 0);
	assert_int_equal(in_role(ROLE_ENGINE, &none, try_socket), 0);
	assert_int_equal(in_role(ROLE_ENGINE, &none, try_exec), 0);
}

static void
sandbox_surface__may_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_role(ROLE_SURFACE, &none, try_open), 0);
	assert_int_equal(in_role(ROLE_SURFACE, &none, try_write_outside), 0);
	assert_int_equal(in_role(ROLE_SURFACE, &none, try_socket), 0);
	assert_int_equal(in_role(ROLE_SURFACE, &none, try_exec), 0);
}

static void
sandbox_signer__is_killed_for_a_socket(void **state)
{
	int status;

	(void)state;
	status = in_role(ROLE_SIGNER, &none, try_socket);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	status = in_role(ROLE_SIGNER, &none, try_open);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void
sandbox_feeds__dials_but_does_not_listen(void **state)
{
	(void)state;
	assert_int_equal(WEXITSTATUS(in_role(ROLE_FEEDS, &none, try_connect)),
	    1);
	assert_int_equal(in_role(ROLE_FEEDS, &none, try_bind), 0);
	assert_int_equal(in_role(ROLE_FEEDS, &none, try_open), 0);
}

static void
sandbox_api__does_not_dial(void **state)
{
	(void)state;
	assert_int_equal(in_role(ROLE_API, &none, try_connect), 0);
	assert_int_equal(in_role(ROLE_API, &none, try_open), 0);
}

static void
sandbox_journal__writes_in_its_folder_only(void **state)
{
	struct sandbox_paths paths = { .write = { folder } };

	(void)state;
	assert_int_equal(WEXITSTATUS(in_role(ROLE_JOURNAL, &paths,
	    try_write_inside)), 1);
	assert_int_equal(in_role(ROLE_JOURNAL, &paths, try_write_outside), 0);
	assert_int_equal(in_role(ROLE_JOURNAL, &paths, try_socket), 0);
}

static void
sandbox_roles__leave_root(void **state)
{
	static const enum role roles[] = { ROLE_FEEDS, ROLE_CHAIN, ROLE_API,
		ROLE_SURFACE };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(roles); i++)
		assert_int_equal(in_role(roles[i], &none, try_user), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sandbox_engine__opens_neither_file_nor_socket),
		cmocka_unit_test(sandbox_surface__may_nothing),
		cmocka_unit_test(sandbox_signer__is_killed_for_a_socket),
		cmocka_unit_test(sandbox_feeds__dials_but_does_not_listen),
		cmocka_unit_test(sandbox_api__does_not_dial),
		cmocka_unit_test(sandbox_journal__writes_in_its_folder_only),
		cmocka_unit_test(sandbox_roles__leave_root),
	};
	char command[64];
	int failed;

	log_open("test");
	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "%s/inside", folder);
	unlink(command);
	rmdir(folder);
	return failed;
}
