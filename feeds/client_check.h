/* feeds/client_check.h - whether a connection can be dialled and asked for its
 * symbols.  Pure.
 */
#ifndef FEEDS_CLIENT_CHECK_H
#define FEEDS_CLIENT_CHECK_H

#include "feeds/client_connection.h"

/* client_check says whether a connection could be dialled and asked for its
 * symbols, by calling the venue's subscribe as the client will; *bad names what
 * is wrong otherwise.  ERR_SYNTAX, ERR_REFUSED (plain ws or http to
 * another machine), ERR_LIMIT of an address, ERR_LIMIT and what the venue's
 * subscribe says of symbols. */
enum client_part { CLIENT_PART_ADDRESS, CLIENT_PART_TOKEN_ADDRESS,
    CLIENT_PART_SYMBOLS };
MUST_CHECK enum err client_check(const struct client_connection *k,
    enum client_part *bad);
const char *client_part_name(enum client_part p);	/* "its address" */

#endif
