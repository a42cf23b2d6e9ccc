/* The process that the JavaScript peers run in. */
#include "tests/peers/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"

#define SCRIPT "tests/peers/peers.mjs"
#define LINE_MAX 4096u

static pid_t pid;
static FILE *in, *out;
static char line[LINE_MAX];	/* the last answer */
static char found[LINE_MAX];	/* the first: "ethers=6.17.0 ccxt=4.5.84" */

static bool
line_take(char *buf)
{
	if (fgets(buf, LINE_MAX, in) == NULL)
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

void
node_start(void)
{
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	fflush(NULL);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		if (dup2(pair[1], STDIN_FILENO) >= 0 &&
		    dup2(pair[1], STDOUT_FILENO) >= 0)
			execlp("node", "node", SCRIPT, (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	in = fdopen(pair[0], "r");
	out = fdopen(dup(pair[0]), "w");
	MUST(in != NULL && out != NULL);
	/* No node, no line: then it has nothing. */
	if (!line_take(found))
		found[0] = '\0';
}

void
node_stop(void)
{
	int status;

	fclose(out);
	MUST(shutdown(fileno(in), SHUT_RDWR) == 0 || found[0] == '\0');
	fclose(in);
	MUST(waitpid(pid, &status, 0) == pid);
}

bool
node_has(const char *peer)
{
	return strstr(found, peer) != NULL;
}

const char *
node_ask(const char *request)
{
	MUST(fprintf(out, "%s\n", request) > 0 && fflush(out) == 0);
	if (!line_take(line) || strncmp(line, "error", 5) == 0) {
		fprintf(stderr, "%s: %s\n", request, line);
		exit(2);
	}
	return line;
}
