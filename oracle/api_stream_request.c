/* oracle/api_stream_request.c - one JSON-RPC request of a stream. */
#include "oracle/api_stream.h"

#include "base/json.h"

#include <string.h>

static const char *const channel_name[CHANNEL_COUNT] = { "prices", "vaults",
	"attestations", "aggregate" };

static void
read_id(struct json *j, struct stream_request *out)
{
	enum json_kind kind = json_kind(j);
	struct json_text raw;

	if ((kind != JSON_KIND_STRING && kind != JSON_KIND_NUMBER) ||
	    !json_raw(j, &raw) || raw.len > STREAM_ID_MAX) {
		json_fail(j, ERR_SYNTAX);
		return;
	}
	memcpy(out->id, raw.at, raw.len);
	out->id[raw.len] = '\0';
}

static enum err
read_channels(struct json *j, uint32_t *set)
{
	struct json_text name;
	enum err e = ERR_OK;

	if (!json_enter_array(j))
		return ERR_RANGE;
	while (json_next_item(j)) {
		bool found = false;

		if (!json_read_string(j, &name))
			return ERR_RANGE;
		for (unsigned i = 0; i < CHANNEL_COUNT; i++) {
			if (json_text_is(&name, channel_name[i])) {
				*set |= 1u << i;
				found = true;
			}
		}
		if (!found)
			e = ERR_RANGE;
	}
	return e;
}

static enum err
read_params(struct json *j, uint32_t *set)
{
	struct json_text key;
	enum err e = ERR_OK;

	if (json_kind(j) != JSON_KIND_OBJECT) {
		json_skip(j);
		return ERR_RANGE;
	}
	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "channels")) {
			enum err c = read_channels(j, set);

			e = c != ERR_OK ? c : e;
		} else {
			json_skip(j);
			e = ERR_RANGE;
		}
	}
	return e;
}

static enum err
read_method(struct json *j, enum stream_method *out)
{
	static const char *const name[] = { "subscribe", "unsubscribe",
		"get_snapshot", "ping" };
	struct json_text word;

	if (!json_read_string(j, &word))
		return ERR_SYNTAX;
	for (unsigned i = 0; i < ARRAY_COUNT(name); i++) {
		if (json_text_is(&word, name[i])) {
			*out = (enum stream_method)i;
			return ERR_OK;
		}
	}
	return ERR_UNKNOWN;
}

enum err
stream_request_parse(struct stream_request *out, const char *text,
    size_t len)
{
	enum err method = ERR_SYNTAX, params = ERR_OK;
	struct stream_request r;
	struct json_text key, version = { 0 };
	struct json j;

	memset(&r, 0, sizeof(r));
	json_open_max(&j, text, len, STREAM_REQUEST_MAX);
	json_enter_object(&j);
	while (json_next_key(&j, &key)) {
		if (json_text_is(&key, "jsonrpc"))
			json_read_string(&j, &version);
		else if (json_text_is(&key, "id"))
			read_id(&j, &r);
		else if (json_text_is(&key, "method"))
			method = read_method(&j, &r.method);
		else if (json_text_is(&key, "params"))
			params = read_params(&j, &r.channels);
		else
			json_fail(&j, ERR_SYNTAX);
	}
	if (json_close(&j) != ERR_OK) {
		memset(out, 0, sizeof(*out));
		return ERR_SYNTAX;
	}
	*out = r;
	if (version.at == NULL || !json_text_is(&version, "2.0"))
		return ERR_SYNTAX;
	if (method != ERR_OK)
		return method;
	if (params == ERR_OK && r.method != METHOD_PING && r.channels == 0)
		params = ERR_RANGE;
	return params;
}
