#include "feeds/client_check.h"

#include "feeds/client_url.h"

#include <string.h>

#define SUBSCRIBES_MAX 160u	/* messages of one connection */

const char *
client_part_name(enum client_part p)
{
	switch (p) {
	case CLIENT_PART_ADDRESS: return "its address";
	case CLIENT_PART_TOKEN_ADDRESS: return "its token's address";
	case CLIENT_PART_SYMBOLS: return "the subscription to its symbols";
	}
	return "itself";
}

static enum err
symbols_check(const struct client_connection *k)
{
	char out[VENUE_SUBSCRIBE_MAX];
	size_t len = 1;
	enum err e;

	if (k->symbol_count > VENUE_SYMBOLS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < k->symbol_count; i++)
		if (strlen(k->symbols[i]) >= VENUE_SYMBOL_MAX)
			return ERR_LIMIT;
	for (unsigned n = 0; len > 0; n++) {
		if (n == SUBSCRIBES_MAX)
			return ERR_LIMIT;
		e = k->venue->subscribe(out, sizeof(out), &len, n, k->symbols,
		    k->symbol_count);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err
client_check(const struct client_connection *k, enum client_part *bad)
{
	struct client_url url;
	enum err e;

	*bad = CLIENT_PART_ADDRESS;
	if (k->url != NULL || k->venue->token_url == NULL) {
		e = client_url_parse(&url, k->url != NULL ? k->url :
		    k->venue->url);
	} else {
		*bad = CLIENT_PART_TOKEN_ADDRESS;
		e = client_url_parse_http(&url, k->token_url != NULL ?
		    k->token_url : k->venue->token_url);
	}
	if (e != ERR_OK)
		return e;
	*bad = CLIENT_PART_SYMBOLS;
	return symbols_check(k);
}
