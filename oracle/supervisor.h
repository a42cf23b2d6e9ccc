/* oracle/supervisor.h - starts the roles, joins their wires, restarts what
 * dies, and answers the control socket.  It reads no network and no key. */
#ifndef ORACLE_SUPERVISOR_H
#define ORACLE_SUPERVISOR_H

#include "oracle/config.h"

struct supervisor_setup {
	const struct config *config;
	const char *config_path;
	const char *config_text;
	size_t config_text_len;
	const char *book_text;
	size_t book_text_len;
	uint32_t seconds;	/* stop by itself after so long; 0: never */
};

/* supervisor_run returns the process's exit code. */
int supervisor_run(const struct supervisor_setup *setup);

#endif
