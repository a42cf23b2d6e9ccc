/* KuCoin's token answer: what is accepted makes an address that the client
 * accepts too, with the token and the id as its only parameters. */
#include "feeds/venue_kucoin_token.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/client_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static size_t
count_of(const char *text, char c)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == c;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char address[VENUE_KUCOIN_ADDRESS_MAX];
	struct venue_kucoin_token t;
	struct client_url url;

	if (venue_kucoin_token_read(&t, (const char *)bytes, len) != ERR_OK)
		return 0;
	if (t.ping_ms < VENUE_KUCOIN_PING_MS_MIN ||
	    t.ping_ms > VENUE_KUCOIN_PING_MS_MAX || t.token[0] == '\0')
		abort();
	if (venue_kucoin_token_address(address, sizeof(address), &t, "id-1") !=
	    ERR_OK || client_url_parse(&url, address) != ERR_OK)
		abort();
	if (count_of(address, '?') != 1 || count_of(address, '&') != 1 ||
	    strstr(url.path, t.token) == NULL)
		abort();
	return 0;
}
