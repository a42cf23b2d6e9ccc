#include "feeds/venue_kucoin_token.h"

#include <string.h>

#include "base/must.h"
#include "feeds/client_url.h"
#include "feeds/venue.h"
#include "feeds/venue_field.h"

struct server {
	struct field_text endpoint, protocol;
	struct field_u64 ping_ms;
};

static bool
is_word_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9');
}

/* text_take copies a text of letters, digits and `others`: neither may end or
 * add a part of the address. */
static enum err
text_take(char *out, size_t size, const struct json_text *text,
    const char *others)
{
	if (text->len >= size)
		return ERR_LIMIT;
	if (text->len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text->len; i++) {
		char c = text->at[i];

		if (c == '\0' || (!is_word_char(c) && !strchr(others, c)))
			return ERR_SYNTAX;
	}
	memcpy(out, text->at, text->len);
	out[text->len] = '\0';
	return ERR_OK;
}

static void
server_read(struct json *j, struct server *s)
{
	struct json_text key;

	if (!json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "endpoint"))
			field_read_string(j, &s->endpoint);
		else if (json_text_is(&key, "protocol"))
			field_read_string(j, &s->protocol);
		else if (json_text_is(&key, "pingInterval"))
			field_read_u64(j, &s->ping_ms);
		else
			json_skip(j);
	}
}

/* The first websocket server; the rest is checked as JSON alone. */
static void
servers_read(struct json *j, struct server *out, bool *has)
{
	if (*has) {
		json_fail(j, ERR_DUPLICATE);
		return;
	}
	*has = true;
	if (!json_enter_array(j))
		return;
	while (json_next_item(j)) {
		struct server s = { 0 };

		server_read(j, &s);
		if (!out->endpoint.has && s.endpoint.has && s.protocol.has &&
		    json_text_is(&s.protocol.text, "websocket"))
			*out = s;
	}
}

static void
data_read(struct json *j, struct field_text *token, struct server *s)
{
	bool has_servers = false;
	struct json_text key;

	/* A refusal has none, or null. */
	if (json_kind(j) != JSON_KIND_OBJECT) {
		json_skip(j);
		return;
	}
	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "token"))
			field_read_string(j, token);
		else if (json_text_is(&key, "instanceServers"))
			servers_read(j, s, &has_servers);
		else
			json_skip(j);
	}
}

/* token_take makes trusted values of what was read. */
static enum err
token_take(struct venue_kucoin_token *out, const struct field_text *token,
    const struct server *s)
{
	struct client_url url;
	enum err e;

	if (!token->has)
		return ERR_MISSING;
	if (!s->endpoint.has)
		return ERR_UNKNOWN;
	if (!s->ping_ms.has)
		return ERR_MISSING;
	if (s->ping_ms.value < VENUE_KUCOIN_PING_MS_MIN ||
	    s->ping_ms.value > VENUE_KUCOIN_PING_MS_MAX)
		return ERR_RANGE;
	out->ping_ms = (uint32_t)s->ping_ms.value;
	e = text_take(out->token, sizeof(out->token), &token->text, "-_=.");
	if (e == ERR_OK)
		e = text_take(out->endpoint, sizeof(out->endpoint),
		    &s->endpoint.text, "-_.:/[]");
	return e == ERR_OK ? client_url_parse(&url, out->endpoint) : e;
}

enum err
venue_kucoin_token_read(struct venue_kucoin_token *out, const char *text,
    size_t len)
{
	struct venue_kucoin_token t = { 0 };
	struct field_text code = { 0 }, token = { 0 };
	struct server server = { 0 };
	bool has_data = false;
	struct json_text key;
	struct json j;
	enum err e;

	json_open_max(&j, text, len, VENUE_KUCOIN_ANSWER_MAX);
	json_enter_object(&j);
	while (json_next_key(&j, &key)) {
		if (json_text_is(&key, "code")) {
			field_read_string(&j, &code);
		} else if (!json_text_is(&key, "data")) {
			json_skip(&j);
		} else if (has_data) {
			json_fail(&j, ERR_DUPLICATE);
		} else {
			has_data = true;
			data_read(&j, &token, &server);
		}
	}
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (!code.has)
		return ERR_MISSING;
	if (!json_text_is(&code.text, "200000"))
		return ERR_REFUSED;
	e = token_take(&t, &token, &server);
	if (e == ERR_OK)
		*out = t;
	return e;
}

enum err
venue_kucoin_token_address(char *out, size_t size,
    const struct venue_kucoin_token *t, const char *connect_id)
{
	struct json_text text = { connect_id, strlen(connect_id), false };
	char id[VENUE_KUCOIN_ID_MAX + 1];
	char address[VENUE_KUCOIN_ADDRESS_MAX];
	struct field_out o = field_out_begin(address, sizeof(address));
	const char *host = strstr(t->endpoint, "://");
	struct client_url url;
	size_t len;
	enum err e = text_take(id, sizeof(id), &text, "-");

	MUST(host != NULL);
	if (e != ERR_OK)
		return ERR_SYNTAX;
	field_out_put(&o, t->endpoint);
	/* "wss://host" alone has no path yet. */
	if (strchr(host + 3, '/') == NULL)
		field_out_put(&o, "/");
	field_out_put(&o, "?token=");
	field_out_put(&o, t->token);
	field_out_put(&o, "&connectId=");
	field_out_put(&o, id);
	e = field_out_end(&o, &len);
	if (e == ERR_OK)
		e = client_url_parse(&url, address);
	if (e == ERR_OK && len >= size)
		e = ERR_LIMIT;
	if (e == ERR_OK)
		memcpy(out, address, len + 1);
	return e;
}

enum err
venue_kucoin_token_take(struct venue_dial *out, const char *text, size_t len,
    const char *connect_id)
{
	struct venue_kucoin_token t;
	enum err e = venue_kucoin_token_read(&t, text, len);

	if (e == ERR_OK)
		e = venue_kucoin_token_address(out->url, sizeof(out->url), &t,
		    connect_id);
	if (e == ERR_OK)
		out->ping_ms = t.ping_ms;
	return e;
}
