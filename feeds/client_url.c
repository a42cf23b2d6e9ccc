#include "feeds/client_url.h"

#include "base/decimal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool
host_char_is_ok(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* host_parse takes the host at text; returns how many bytes it has, 0 for
 * none that is acceptable. */
static size_t
host_parse(struct client_url *u, const char *text)
{
	static const char v6[] = "[::1]";
	size_t n = 0;

	if (strncmp(text, v6, sizeof(v6) - 1) == 0) {
		snprintf(u->host, sizeof(u->host), "%s", v6);
		snprintf(u->numeric, sizeof(u->numeric), "::1");
		return sizeof(v6) - 1;
	}
	while (host_char_is_ok(text[n]))
		n++;
	if (n == 0 || n >= CLIENT_HOST_MAX || text[0] == '-' ||
	    text[0] == '.')
		return 0;
	memcpy(u->host, text, n);
	return n;
}

/* numeric_find fills in the address of a host that needs no look-up; false
 * for one of digits and dots alone that is no IPv4 address (0x7f.1 and its
 * like would otherwise reach the system's lenient reader). */
static bool
numeric_find(struct client_url *u)
{
	struct in_addr a;

	if (u->numeric[0] != '\0')
		return true;
	if (strcasecmp(u->host, "localhost") == 0) {
		snprintf(u->numeric, sizeof(u->numeric), "127.0.0.1");
		return true;
	}
	if (inet_pton(AF_INET, u->host, &a) == 1) {
		snprintf(u->numeric, sizeof(u->numeric), "%.47s", u->host);
		return true;
	}
	return u->host[strspn(u->host, "0123456789.")] != '\0';
}

static bool
host_is_loopback(const struct client_url *u)
{
	return strcmp(u->numeric, "127.0.0.1") == 0 ||
	    strcmp(u->numeric, "::1") == 0;
}

static enum err
path_parse(struct client_url *u, const char *text)
{
	size_t n = strlen(text);

	if (n == 0)
		text = "/", n = 1;
	if (n >= sizeof(u->path))
		return ERR_LIMIT;
	if (text[0] != '/')
		return ERR_SYNTAX;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '#')
			return ERR_SYNTAX;
	memcpy(u->path, text, n + 1);
	return ERR_OK;
}

/* port_parse reads an optional ":port"; *len is what it took. */
static enum err
port_parse(struct client_url *u, const char *text, size_t *len)
{
	uint64_t port;
	size_t n;

	u->port = u->is_tls ? 443 : 80;
	*len = 0;
	if (text[0] != ':')
		return ERR_OK;
	n = strspn(text + 1, "0123456789");
	if (n == 0 || n > 5 || decimal_to_u64(&port, text + 1, n) != ERR_OK ||
	    port == 0 || port > UINT16_MAX)
		return ERR_SYNTAX;
	u->port = (uint16_t)port;
	*len = n + 1;
	return ERR_OK;
}

static enum err
parse(struct client_url *out, const char *url, const char *tls,
    const char *plain)
{
	struct client_url u;
	enum err e;
	size_t n;

	memset(&u, 0, sizeof(u));
	if (strlen(url) >= CLIENT_HOST_MAX + CLIENT_PATH_MAX)
		return ERR_LIMIT;
	u.is_tls = strncmp(url, tls, strlen(tls)) == 0;
	if (u.is_tls)
		url += strlen(tls);
	else if (strncmp(url, plain, strlen(plain)) == 0)
		url += strlen(plain);
	else
		return ERR_SYNTAX;
	n = host_parse(&u, url);
	if (n == 0 || !numeric_find(&u))
		return ERR_SYNTAX;
	url += n;
	/* lws would check the certificate against "[": refused by name. */
	if (u.is_tls && u.host[0] == '[')
		return ERR_SYNTAX;
	if (!u.is_tls && !host_is_loopback(&u))
		return ERR_REFUSED;
	e = port_parse(&u, url, &n);
	if (e == ERR_OK)
		e = path_parse(&u, url + n);
	if (e != ERR_OK)
		return e;
	if (n == 0)
		snprintf(u.authority, sizeof(u.authority), "%s", u.host);
	else
		snprintf(u.authority, sizeof(u.authority), "%s:%u", u.host,
		    u.port);
	*out = u;
	return ERR_OK;
}

enum err
client_url_parse(struct client_url *out, const char *url)
{
	return parse(out, url, "wss://", "ws://");
}

enum err
client_url_parse_http(struct client_url *out, const char *url)
{
	return parse(out, url, "https://", "http://");
}
