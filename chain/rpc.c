#include "chain/rpc.h"

#include "base/fixed.h"
#include "base/hex.h"
#include "base/must.h"
#include "chain/rpc_internal.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX 256u
#define REQUEST_MAX (64u * 1024u)

struct rpc {
	CURL *curl;
	struct curl_slist *headers;
	size_t url_count, current;
	char url[RPC_URLS_MAX][URL_MAX];
	bool is_connected, was_reconnected;
	bool was_error;		/* the last answer: one of JSON-RPC's */
	size_t lost;		/* endpoints that did not answer the last */
	uint64_t id;
	char *answer;		/* RPC_ANSWER_MAX at most, grown */
	size_t answer_len, answer_room;
	char error[256];
};

static size_t
on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct rpc *r = arg;
	size_t len = size * count, need = r->answer_len + len + 1;

	if (need > RPC_ANSWER_MAX)
		return 0;
	if (need > r->answer_room) {
		size_t room = need * 2 < RPC_ANSWER_MAX ? need * 2 :
		    RPC_ANSWER_MAX;
		char *more = realloc(r->answer, room);

		if (!more)
			return 0;
		r->answer = more;
		r->answer_room = room;
	}
	memcpy(r->answer + r->answer_len, bytes, len);
	r->answer_len += len;
	return len;
}

static bool
url_is_http(const char *url)
{
	return strncmp(url, "http://", 7) == 0 ||
	    strncmp(url, "https://", 8) == 0;
}

static void
curl_prepare(struct rpc *r)
{
	curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(r->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(r->curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(r->curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(r->curl, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(r->curl, CURLOPT_TIMEOUT_MS, (long)RPC_TIMEOUT_MS);
	curl_easy_setopt(r->curl, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)RPC_TIMEOUT_MS / 2);
	curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(r->curl, CURLOPT_PROXY, "");
}

enum err
rpc_create(struct rpc **out, const char *const *urls, size_t count)
{
	struct rpc *r;

	if (count == 0 || count > RPC_URLS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++)
		if (!url_is_http(urls[i]) || strlen(urls[i]) >= URL_MAX)
			return ERR_SYNTAX;
	r = calloc(1, sizeof(*r));
	if (!r)
		return ERR_LIMIT;
	r->url_count = count;
	for (size_t i = 0; i < count; i++)
		memcpy(r->url[i], urls[i], strlen(urls[i]) + 1);
	r->curl = curl_easy_init();
	r->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!r->curl || !r->headers) {
		rpc_destroy(r);
		return ERR_LIMIT;
	}
	curl_prepare(r);
	*out = r;
	return ERR_OK;
}

void
rpc_destroy(struct rpc *r)
{
	if (!r)
		return;
	if (r->curl)
		curl_easy_cleanup(r->curl);
	curl_slist_free_all(r->headers);
	free(r->answer);
	free(r);
}

const char *
rpc_error(const struct rpc *r)
{
	return r->error;
}

bool
rpc_was_reconnected(struct rpc *r)
{
	bool was = r->was_reconnected;

	r->was_reconnected = false;
	return was;
}

enum err
rpc_fail(struct rpc *r, enum err e, const char *method, const char *what)
{
	/* The address may hold an access token: host and what, no path. */
	const char *host = strstr(r->url[r->current], "://") + 3;

	snprintf(r->error, sizeof(r->error), "%.*s: %s: %.160s",
	    (int)strcspn(host, "/?"), host, method, what);
	return e;
}

/* One request to the current endpoint; the answer's text is in r->answer. */
static enum err
post(struct rpc *r, const char *method, const char *request)
{
	CURLcode code;
	long status = 0;

	r->answer_len = 0;
	curl_easy_setopt(r->curl, CURLOPT_URL, r->url[r->current]);
	curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, request);
	curl_easy_setopt(r->curl, CURLOPT_POSTFIELDSIZE,
	    (long)strlen(request));
	code = curl_easy_perform(r->curl);
	if (code != CURLE_OK)
		return rpc_fail(r, ERR_IO, method, curl_easy_strerror(code));
	curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && r->answer_len == 0)
		return rpc_fail(r, ERR_IO, method, "refused by HTTP status");
	return ERR_OK;
}

static enum err
post_anywhere(struct rpc *r, const char *method, const char *request)
{
	enum err e = ERR_IO;

	r->was_error = false;
	for (r->lost = 0; r->lost < r->url_count; r->lost++) {
		e = post(r, method, request);
		if (e == ERR_OK) {
			if (!r->is_connected)
				r->was_reconnected = true;
			r->is_connected = true;
			return ERR_OK;
		}
		r->is_connected = false;
		r->current = (r->current + 1) % r->url_count;
	}
	return e;
}

enum err
rpc_exchange(json_t **answer, struct rpc *r, const char *method, json_t *ask)
{
	char *text = ask ? json_dumps(ask, JSON_COMPACT) : NULL;
	json_error_t bad;
	enum err e;

	json_decref(ask);
	if (!text)
		return rpc_fail(r, ERR_LIMIT, method, "out of memory");
	e = post_anywhere(r, method, text);
	free(text);
	if (e != ERR_OK)
		return e;
	*answer = json_loadb(r->answer, r->answer_len, 0, &bad);
	return *answer ? ERR_OK :
	    rpc_fail(r, ERR_CHAIN, method, "the answer is not JSON");
}

json_t *
rpc_ask(uint64_t *id, struct rpc *r, const char *method, json_t *params)
{
	*id = ++r->id;
	return json_pack("{s:s,s:I,s:s,s:o}", "jsonrpc", "2.0", "id",
	    (json_int_t)*id, "method", method, "params", params);
}

enum err
rpc_error_read(struct rpc *r, const char *method, const json_t *error)
{
	const char *what = json_string_value(json_object_get(error,
	    "message"));

	r->was_error = true;
	return rpc_fail(r, ERR_CHAIN, method, what ? what : "an error");
}

/* *result is the caller's to decref. */
static enum err
request(json_t **result, struct rpc *r, const char *method, json_t *params)
{
	json_t *answer, *got;
	uint64_t id;
	enum err e = rpc_exchange(&answer, r, method,
	    rpc_ask(&id, r, method, params));

	if (e != ERR_OK)
		return e;
	got = json_object_get(answer, "error");
	if (!json_is_object(answer))
		e = rpc_fail(r, ERR_CHAIN, method, "the answer is not JSON");
	else if (json_is_object(got))
		e = rpc_error_read(r, method, got);
	else if ((got = json_object_get(answer, "result")) == NULL)
		e = rpc_fail(r, ERR_CHAIN, method, "neither result nor error");
	else
		*result = json_incref(got);
	json_decref(answer);
	return e;
}

static bool
field_u64(uint64_t *out, const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) && hex_to_u64(out, json_string_value(v),
	    json_string_length(v)) == ERR_OK;
}

static bool
field_u128(u128 *out, const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) && hex_to_u128(out, json_string_value(v),
	    json_string_length(v)) == ERR_OK;
}

static bool
field_b32(struct b32 *out, const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) && hex_to_bytes(out->b, sizeof(out->b),
	    json_string_value(v), json_string_length(v)) == ERR_OK;
}

static json_t *
text_u64(uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	return json_string(text);
}

static json_t *
text_bytes(const uint8_t *bytes, size_t len)
{
	char *text = malloc(2 * len + 3);
	json_t *j = NULL;

	if (text) {
		hex_from_bytes(text, bytes, len);
		j = json_string(text);
	}
	free(text);
	return j;
}

static enum err
quantity(uint64_t *out, struct rpc *r, const char *method, json_t *params)
{
	json_t *v;
	enum err e = request(&v, r, method, params);

	if (e != ERR_OK)
		return e;
	if (!json_is_string(v) || hex_to_u64(out, json_string_value(v),
	    json_string_length(v)) != ERR_OK)
		e = rpc_fail(r, ERR_CHAIN, method, "not a quantity");
	json_decref(v);
	return e;
}

enum err
rpc_chain_id(uint64_t *out, struct rpc *r)
{
	return quantity(out, r, "eth_chainId", json_array());
}

static enum err
block_by(struct rpc_block *out, struct rpc *r, json_t *which)
{
	struct rpc_block b;
	json_t *v;
	enum err e = request(&v, r, "eth_getBlockByNumber",
	    json_pack("[o,b]", which, 0));

	if (e != ERR_OK)
		return e;
	memset(&b, 0, sizeof(b));
	if (json_is_null(v))
		e = rpc_fail(r, ERR_UNKNOWN, "eth_getBlockByNumber",
		    "no such block");
	else if (!field_u64(&b.number, v, "number") ||
	    !field_u64(&b.time_s, v, "timestamp") ||
	    !field_b32(&b.hash, v, "hash") ||
	    !field_b32(&b.parent, v, "parentHash") ||
	    (json_object_get(v, "baseFeePerGas") &&
	    !field_u128(&b.base_fee_wei, v, "baseFeePerGas")))
		e = rpc_fail(r, ERR_CHAIN, "eth_getBlockByNumber",
		    "a block with bad fields");
	json_decref(v);
	if (e == ERR_OK)
		*out = b;
	return e;
}

enum err
rpc_block_latest(struct rpc_block *out, struct rpc *r)
{
	return block_by(out, r, json_string("latest"));
}

enum err
rpc_block_at(struct rpc_block *out, struct rpc *r, uint64_t number)
{
	return block_by(out, r, text_u64(number));
}

static enum err
log_read(struct rpc *r, const json_t *log, rpc_on_log each, void *arg)
{
	const json_t *t = json_array_get(json_object_get(log, "topics"), 1);
	struct b32 first;

	if (!json_is_string(t) || hex_to_bytes(first.b, sizeof(first.b),
	    json_string_value(t), json_string_length(t)) != ERR_OK)
		return rpc_fail(r, ERR_CHAIN, "eth_getLogs", "a bad log");
	return each(arg, &first);
}

enum err
rpc_logs(struct rpc *r, const struct addr *contract,
    const struct b32 *events, size_t event_count, uint64_t from, uint64_t to,
    rpc_on_log each, void *arg)
{
	json_t *v, *log, *any = json_array();
	size_t i;
	enum err e;

	MUST(event_count <= RPC_EVENTS_MAX);
	for (i = 0; i < event_count; i++)
		json_array_append_new(any, text_bytes(events[i].b,
		    sizeof(events[i].b)));
	e = request(&v, r, "eth_getLogs", json_pack(
	    "[{s:o,s:o,s:o,s:[o]}]", "address", text_bytes(contract->b,
	    sizeof(contract->b)), "fromBlock", text_u64(from), "toBlock",
	    text_u64(to), "topics", any));
	if (e != ERR_OK)
		return e;
	if (!json_is_array(v))
		e = rpc_fail(r, ERR_CHAIN, "eth_getLogs", "not a list");
	else
		json_array_foreach(v, i, log)
			if (e == ERR_OK)
				e = log_read(r, log, each, arg);
	json_decref(v);
	return e;
}

json_t *
rpc_call_params(const struct addr *to, const uint8_t *data, size_t data_len,
    const struct b32 *block)
{
	return json_pack("[{s:o,s:o},{s:o}]", "to",
	    text_bytes(to->b, sizeof(to->b)), "data",
	    text_bytes(data, data_len), "blockHash",
	    text_bytes(block->b, sizeof(block->b)));
}

enum err
rpc_call(uint8_t *out, size_t *out_len, size_t out_max, struct rpc *r,
    const struct addr *to, const uint8_t *data, size_t data_len,
    const struct b32 *block)
{
	json_t *v;
	enum err e = request(&v, r, "eth_call",
	    rpc_call_params(to, data, data_len, block));

	if (e != ERR_OK)
		return e;
	if (!json_is_string(v) || hex_to_bytes_max(out, out_len, out_max,
	    json_string_value(v), json_string_length(v)) != ERR_OK)
		e = rpc_fail(r, ERR_CHAIN, "eth_call", "not bytes, or too many");
	json_decref(v);
	return e;
}

enum err
rpc_nonce(uint64_t *out, struct rpc *r, const struct addr *from)
{
	return quantity(out, r, "eth_getTransactionCount", json_pack("[o,s]",
	    text_bytes(from->b, sizeof(from->b)), "latest"));
}

enum err
rpc_priority_fee(u128 *out_wei, struct rpc *r)
{
	uint64_t v;
	enum err e = quantity(&v, r, "eth_maxPriorityFeePerGas",
	    json_array());

	if (e == ERR_OK)
		*out_wei = v;
	return e;
}

/* What nodes answer where they have a transaction, and where another one is
 * better: geth's words, which others took over, and Nethermind's old ones. */
static bool
is_known(const char *error)
{
	return strcasestr(error, "already known") ||
	    strcasestr(error, "already imported") ||
	    strcasestr(error, "AlreadyKnown");
}

static bool
is_superseded(const char *error)
{
	return strcasestr(error, "nonce too low") ||
	    strcasestr(error, "underpriced") ||
	    strcasestr(error, "OldNonce") ||
	    strcasestr(error, "ReplacementNotAllowed");
}

static enum err
send_error(const struct rpc *r, enum err e)
{
	if (!r->was_error)
		return e;
	if (is_known(r->error))
		return ERR_OK;
	/* Those that did not answer may have taken it. */
	if (r->lost > 0)
		return ERR_IO;
	return is_superseded(r->error) ? ERR_STATE : ERR_REFUSED;
}

enum err
rpc_send(struct rpc *r, const uint8_t *raw, size_t raw_len,
    const struct b32 *hash)
{
	struct b32 said;
	json_t *v;
	enum err e = request(&v, r, "eth_sendRawTransaction",
	    json_pack("[o]", text_bytes(raw, raw_len)));

	if (e != ERR_OK)
		return send_error(r, e);
	if (!json_is_string(v) || hex_to_bytes(said.b, sizeof(said.b),
	    json_string_value(v), json_string_length(v)) != ERR_OK ||
	    memcmp(&said, hash, sizeof(said)) != 0)
		e = rpc_fail(r, ERR_CHAIN, "eth_sendRawTransaction",
		    "not its hash");
	json_decref(v);
	return e;
}

enum err
rpc_receipt(struct rpc_receipt *out, struct rpc *r, const struct b32 *hash)
{
	uint64_t block, status;
	u128 used, price, paid;
	json_t *v;
	enum err e = request(&v, r, "eth_getTransactionReceipt",
	    json_pack("[o]", text_bytes(hash->b, sizeof(hash->b))));

	if (e != ERR_OK)
		return e;
	if (json_is_null(v))
		e = ERR_UNKNOWN;
	else if (!field_u64(&block, v, "blockNumber") ||
	    !field_u64(&status, v, "status") ||
	    !field_u128(&used, v, "gasUsed") ||
	    !field_u128(&price, v, "effectiveGasPrice") ||
	    muldiv_u128(&paid, used, price, 1, ROUND_CEIL) != ERR_OK)
		e = rpc_fail(r, ERR_CHAIN, "eth_getTransactionReceipt",
		    "a bad receipt");
	else
		*out = (struct rpc_receipt){ block, status == 1, paid };
	json_decref(v);
	return e;
}
