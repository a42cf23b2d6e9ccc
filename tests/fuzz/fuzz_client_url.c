/* What is accepted is an address whose parts make up the text again, and
 * plain ws and http stay on this machine. */
#include "feeds/client_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
url_check(const struct client_url *u, const char *text, const char *tls,
    const char *plain)
{
	char again[2048];

	snprintf(again, sizeof(again), "%s://%s%s", u->is_tls ? tls : plain,
	    u->authority, u->path);
	/* An absent path is "/", a port may have leading zeros. */
	if (strcmp(again, text) != 0 && strstr(text, ":0") == NULL &&
	    strncmp(again, text, strlen(text)) != 0)
		abort();
	if (!u->is_tls && strcmp(u->numeric, "127.0.0.1") != 0 &&
	    strcmp(u->numeric, "::1") != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char text[2048];
	struct client_url u;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (client_url_parse(&u, text) == ERR_OK)
		url_check(&u, text, "wss", "ws");
	if (client_url_parse_http(&u, text) == ERR_OK)
		url_check(&u, text, "https", "http");
	return 0;
}
