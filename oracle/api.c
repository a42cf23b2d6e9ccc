#include "oracle/api.h"

#include "base/decimal.h"
#include "base/hex.h"
#include "contracts-abi/attest.h"
#include "oracle/api_feeds.h"
#include "oracle/api_json.h"
#include "oracle/api_proof.h"
#include "oracle/metrics.h"

#include <inttypes.h>
#include <string.h>

#define STATES_MAX 12u		/* names in one filter */
#define QUERY_WORD_MAX 96u

enum query_key {
	KEY_STATE, KEY_SORT, KEY_ORDER, KEY_LIMIT, KEY_OFFSET, KEY_RECIPIENT,
	KEY_MIN_SEIZE, KEY_HISTORY, KEY_ASSET, KEY_COUNT,
};
static const char *const key_name[KEY_COUNT] = {
	"state", "sort", "order", "limit", "offset", "recipient", "min_seize",
	"history", "asset",
};
#define KEY(k) (1u << (k))

struct query {
	char word[KEY_COUNT][QUERY_WORD_MAX];
	uint32_t present;
};

struct call {
	struct api *api;
	struct api_state *state;
	struct api_answer *out;
	struct text *body;
	const struct api_request *request;
	struct query query;
	const char *part;	/* what stands for the `*` of the route */
	size_t part_len;
};

void
api_count_answer(struct api *api, unsigned status)
{
	struct api_counters *c = &api->counters;

	if (status < 400)
		c->ok++;
	else if (status == 404)
		c->not_found++;
	else if (status == 403 || status == 405)
		c->refused++;
	else if (status == 429)
		c->limited++;
	else if (status == 503)
		c->unavailable++;
	else
		c->bad_request++;
}

void
api_answer_error(struct api *api, struct api_answer *out, unsigned status,
    const char *why)
{
	(void)api;
	out->status = status;
	out->type = "application/json";
	out->file = NULL;
	text_clear(&out->body);
	text_put(&out->body, "{\"error\":");
	text_json_string(&out->body, why, strlen(why));
	text_put(&out->body, "}");
}

static void
refuse(struct call *c, unsigned status, const char *why)
{
	api_answer_error(c->api, c->out, status, why);
}

/* ---- the query --------------------------------------------------------- */

static bool
query_word(struct query *q, const char *at, size_t len, uint32_t allowed,
    const char **why)
{
	const char *equals = memchr(at, '=', len);
	size_t name_len = equals ? (size_t)(equals - at) : len;
	size_t value_len = equals ? len - name_len - 1 : 0;

	for (size_t k = 0; k < KEY_COUNT; k++) {
		if ((allowed & KEY(k)) == 0 ||
		    strlen(key_name[k]) != name_len ||
		    memcmp(key_name[k], at, name_len) != 0)
			continue;
		*why = "a parameter is there twice";
		if ((q->present & KEY(k)) != 0)
			return false;
		*why = "a parameter is empty or too long";
		if (value_len == 0 || value_len >= QUERY_WORD_MAX)
			return false;
		memcpy(q->word[k], equals + 1, value_len);
		q->word[k][value_len] = '\0';
		q->present |= KEY(k);
		return true;
	}
	*why = "unknown parameter";
	return false;
}

static bool
query_read(struct query *q, const char *text, uint32_t allowed,
    const char **why)
{
	memset(q, 0, sizeof(*q));
	while (*text != '\0') {
		size_t len = strcspn(text, "&");

		if (len > 0 && !query_word(q, text, len, allowed, why))
			return false;
		text += len;
		text += *text == '&';
	}
	return true;
}

/* A whole number of at most max; `missing` where the query has none. */
static bool
query_number(struct call *c, enum query_key k, uint64_t *out,
    uint64_t missing, uint64_t max)
{
	const char *w = c->query.word[k];

	*out = missing;
	if ((c->query.present & KEY(k)) == 0)
		return true;
	if (decimal_to_u64(out, w, strlen(w)) == ERR_OK && *out <= max)
		return true;
	text_clear(c->body);
	c->out->status = 400;
	text_printf(c->body, "{\"error\":\"%s: a whole number of at most %"
	    PRIu64 "\"}", key_name[k], max);
	return false;
}

/* ---- views ------------------------------------------------------------- */

static bool
has_head(struct call *c)
{
	if (c->state->has_head)
		return true;
	refuse(c, 503, "the engine has not started");
	return false;
}

static void
get_prices(struct call *c)
{
	if (has_head(c))
		api_json_prices(c->body, c->state);
}

static void
get_volatility(struct call *c)
{
	if (has_head(c))
		api_json_volatility(c->body, c->state);
}

static void
get_feeds(struct call *c)
{
	if (has_head(c))
		api_json_feeds(c->body, c->state);
}

static void
get_surfaces(struct call *c)
{
	if (has_head(c))
		api_json_surfaces(c->body, c->state);
}

static void
get_price_history(struct call *c)
{
	uint64_t count;

	if (!query_number(c, KEY_LIMIT, &count, API_PRICE_SAMPLES,
	    API_PRICE_SAMPLES) || !has_head(c))
		return;
	for (size_t a = 0; a < c->state->book->asset_count; a++) {
		if (strcmp(c->state->book->assets[a].name,
		    c->query.word[KEY_ASSET]) == 0) {
			api_json_price_history(c->body, c->state, a,
			    (size_t)count);
			return;
		}
	}
	refuse(c, 404, "no such asset");
}

/* "HEALTHY,STALE" to a set of states; 0 where a name is unknown. */
static uint32_t
states_from_text(const char *w)
{
	uint32_t set = 0;

	while (*w != '\0') {
		size_t len = strcspn(w, ",");
		uint32_t found = 0;

		for (unsigned i = 0; i < AGGREGATE_STATES; i++) {
			const char *name = vault_state_name(i);

			if (strlen(name) == len && memcmp(name, w, len) == 0 &&
			    strcmp(name, "UNNAMED") != 0)
				found |= 1u << i;
		}
		if (found == 0)
			return 0;
		set |= found;
		w += len;
		w += *w == ',';
	}
	return set;
}

struct page {
	uint32_t states;	/* a bit each; all: UINT32_MAX */
	enum api_sort sort;
	bool is_descending;
	uint64_t limit, offset;
};

static bool
page_sort(struct call *c, struct page *p)
{
	static const char *const name[] = { "health", "collateral", "debt",
		"id" };
	const char *sort = c->query.word[KEY_SORT];
	const char *order = c->query.word[KEY_ORDER];

	_Static_assert(ARRAY_COUNT(name) == API_SORTS, "one name a sort");
	p->sort = SORT_HEALTH;
	p->is_descending = strcmp(order, "desc") == 0;
	if (order[0] && !p->is_descending && strcmp(order, "asc") != 0) {
		refuse(c, 400, "order: asc or desc");
		return false;
	}
	for (size_t i = 0; i < API_SORTS; i++) {
		if (!sort[0] || strcmp(sort, name[i]) == 0) {
			p->sort = (enum api_sort)i;
			return true;
		}
	}
	refuse(c, 400, "sort: health, collateral, debt or id");
	return false;
}

static bool
page_read(struct call *c, struct page *p)
{
	p->states = UINT32_MAX;
	if (c->query.word[KEY_STATE][0]) {
		p->states = states_from_text(c->query.word[KEY_STATE]);
		if (p->states == 0) {
			refuse(c, 400, "state: names of states, with commas");
			return false;
		}
	}
	return page_sort(c, p) &&
	    query_number(c, KEY_LIMIT, &p->limit, 100, API_VAULTS_MAX) &&
	    query_number(c, KEY_OFFSET, &p->offset, 0, UINT32_MAX);
}

static void
get_vaults(struct call *c)
{
	struct api_state *s = c->state;
	const uint32_t *order;
	struct page p;
	uint64_t total = 0, written = 0;

	if (!page_read(c, &p) || !has_head(c))
		return;
	order = api_state_order(s, p.sort);
	text_put(c->body, "{");
	api_json_u64(c->body, "as_of", s->head.now_ms);
	text_put(c->body, ",\"vaults\":[");
	for (uint32_t i = 0; i < s->row_count; i++) {
		uint32_t slot = order[p.is_descending ? s->row_count - 1 - i :
		    i];
		struct api_vault v;

		if (!s->row[slot].is_known ||
		    (p.states >> s->row[slot].state & 1) == 0)
			continue;
		if (total++ < p.offset || written >= p.limit)
			continue;
		if (api_vault_get(&v, s, slot) != ERR_OK)
			continue;
		text_put(c->body, written++ > 0 ? "," : "");
		api_json_vault(c->body, s, &v);
	}
	text_put(c->body, "],");
	api_json_u64(c->body, "total", total);
	text_put(c->body, ",");
	api_json_u64(c->body, "offset", p.offset);
	text_put(c->body, "}");
}

/* A vault by its id, or by the name that a book file gave it. */
static bool
vault_find(struct call *c, uint32_t *slot)
{
	struct b32 id;

	if (!has_head(c))
		return false;
	if (c->part_len == 66 && hex_to_bytes(id.b, sizeof(id.b), c->part,
	    c->part_len) == ERR_OK) {
		if (api_state_find(slot, c->state, &id) == ERR_OK)
			return true;
	} else if (c->part_len < BOOK_NAME_MAX) {
		name_id(&id, c->part, c->part_len);
		if (api_state_find(slot, c->state, &id) == ERR_OK)
			return true;
	}
	refuse(c, 404, "no such vault");
	return false;
}

static void
get_vault(struct call *c)
{
	struct api_vault v;
	uint32_t slot;

	if (!vault_find(c, &slot))
		return;
	if (api_vault_get(&v, c->state, slot) != ERR_OK)
		refuse(c, 503, "the vault's row is being written");
	else
		api_json_vault(c->body, c->state, &v);
}

static void
get_proof(struct call *c)
{
	struct api_proof_request q = { 0 };
	const char *w = c->query.word[KEY_RECIPIENT];
	const char *seize = c->query.word[KEY_MIN_SEIZE];
	const char *why = "";

	if (w[0]) {
		if (addr_from_text(&q.recipient, w, strlen(w)) != ERR_OK ||
		    addr_is_zero(&q.recipient)) {
			refuse(c, 400, "recipient: an address");
			return;
		}
		q.has_recipient = true;
	}
	if (seize[0] && decimal_to_u128(&q.min_seize, seize, strlen(seize),
	    0) != ERR_OK) {
		refuse(c, 400, "min_seize: atoms, a whole number");
		return;
	}
	if (!vault_find(c, &q.slot))
		return;
	if (api_proof(c->body, &why, c->state, &q) != ERR_OK)
		refuse(c, 503, why);
}

static void
get_latest(struct call *c)
{
	if (!c->state->has_newest)
		refuse(c, 503, "nothing is attested yet");
	else
		api_json_attestation(c->body, c->state, &c->state->newest);
}

static void
get_attestation(struct call *c)
{
	struct board_attestation a;
	uint64_t sequence;
	enum err e;

	if (decimal_to_u64(&sequence, c->part, c->part_len) != ERR_OK ||
	    sequence == 0) {
		refuse(c, 400, "the sequence is a whole number");
		return;
	}
	e = board_get_attestation(&a, c->state->board, sequence);
	if (e != ERR_OK && c->api->past.get)
		e = c->api->past.get(c->api->past.arg, &a, sequence);
	if (e == ERR_OK)
		api_json_attestation(c->body, c->state, &a);
	else if (e == ERR_UNKNOWN)
		refuse(c, 404, "no such attestation");
	else
		refuse(c, 503, "the history cannot be read now");
}

/* The ring of the board first, then what the history has before it. */
static size_t
attestations_collect(struct call *c, struct api_past_row *row, size_t limit)
{
	struct board_attestation a;
	size_t n = 0, more;

	for (uint32_t i = 0; n < limit && board_get_attestation_back(&a,
	    c->state->board, i) == ERR_OK; i++) {
		/* One that came meanwhile shifts the others: each once. */
		if (n > 0 && a.header.sequence >= row[n - 1].header.sequence)
			continue;
		row[n++] = (struct api_past_row){ a.header, a.digest };
	}
	if (n < limit && c->api->past.latest &&
	    c->api->past.latest(c->api->past.arg, row + n, &more, limit - n,
	    n > 0 ? row[n - 1].header.sequence : 0) == ERR_OK)
		n += more;
	return n;
}

static void
get_attestations(struct call *c)
{
	static struct api_past_row row[API_ATTESTATIONS_MAX];
	uint64_t limit;
	size_t n;

	if (!query_number(c, KEY_LIMIT, &limit, 50, API_ATTESTATIONS_MAX))
		return;
	n = attestations_collect(c, row, (size_t)limit);
	text_put(c->body, "[");
	for (size_t i = 0; i < n; i++) {
		text_put(c->body, i > 0 ? "," : "");
		api_json_attestation_short(c->body, &row[i].header,
		    &row[i].digest);
	}
	text_put(c->body, "]");
}

static void
get_aggregate(struct call *c)
{
	uint64_t history;

	if (query_number(c, KEY_HISTORY, &history, 0, API_SAMPLES) &&
	    has_head(c))
		api_json_aggregate(c->body, c->state, (size_t)history);
}

static void
get_status(struct call *c)
{
	api_json_status(c->body, c->state, c->request->now_ms);
}

static void
get_livez(struct call *c)
{
	c->out->type = "text/plain; charset=utf-8";
	text_put(c->body, "ok\n");
}

static void
get_readyz(struct call *c)
{
	const char *reason[API_REASONS_MAX];

	api_json_ready(c->body, c->state, c->request->now_ms);
	if (api_state_unready(reason, c->state, c->request->now_ms) > 0)
		c->out->status = 503;
}

static void
get_metrics(struct call *c)
{
	c->out->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_write(c->body, c->api, c->request->now_ms);
}

/* ---- the table --------------------------------------------------------- */

static const struct route {
	const char *path;	/* `*` stands for one part */
	uint32_t keys;
	void (*get)(struct call *c);
} routes[] = {
	{ "/v1/prices", 0, get_prices },
	{ "/v1/prices/history", KEY(KEY_ASSET) | KEY(KEY_LIMIT),
	    get_price_history },
	{ "/v1/feeds", 0, get_feeds },
	{ "/v1/volatility", 0, get_volatility },
	{ "/v1/surfaces", 0, get_surfaces },
	{ "/v1/vaults", KEY(KEY_STATE) | KEY(KEY_SORT) | KEY(KEY_ORDER) |
	    KEY(KEY_LIMIT) | KEY(KEY_OFFSET), get_vaults },
	{ "/v1/vaults/*", 0, get_vault },
	{ "/v1/vaults/*/proof", KEY(KEY_RECIPIENT) | KEY(KEY_MIN_SEIZE),
	    get_proof },
	{ "/v1/attestations/latest", 0, get_latest },
	{ "/v1/attestations/*", 0, get_attestation },
	{ "/v1/attestations", KEY(KEY_LIMIT), get_attestations },
	{ "/v1/aggregate", KEY(KEY_HISTORY), get_aggregate },
	{ "/v1/status", 0, get_status },
	{ "/livez", 0, get_livez },
	{ "/readyz", 0, get_readyz },
	{ "/metrics", 0, get_metrics },
};

static bool
route_match(const char *route, const char *path, const char **part,
    size_t *part_len)
{
	while (*route != '\0') {
		if (*route == '*') {
			*part = path;
			*part_len = strcspn(path, "/");
			if (*part_len == 0)
				return false;
			path += *part_len;
			route++;
		} else if (*route++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

static void
answer_file(struct api_answer *out, const struct api_file *f)
{
	out->type = f->type;
	out->file = f->begin;
	out->file_len = (size_t)(f->end - f->begin);
	out->etag = f->etag;
}

static void
answer_route(struct call *c)
{
	const struct api_file *f = api_file_find(c->request->path);
	const char *why = "";

	if (f) {
		answer_file(c->out, f);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(routes); i++) {
		if (!route_match(routes[i].path, c->request->path, &c->part,
		    &c->part_len))
			continue;
		if (!query_read(&c->query, c->request->query, routes[i].keys,
		    &why))
			refuse(c, 400, why);
		else
			routes[i].get(c);
		return;
	}
	refuse(c, 404, "no such path");
}

void
api_answer(struct api *api, struct api_answer *out,
    const struct api_request *q)
{
	struct call c = { .api = api, .state = api->state, .out = out,
		.body = &out->body, .request = q };

	out->status = 200;
	out->type = "application/json";
	out->file = NULL;
	out->etag = NULL;
	text_clear(&out->body);
	if (!q->is_read)
		refuse(&c, 405, "only GET and HEAD");
	else if (strlen(q->path) > API_PATH_MAX ||
	    strlen(q->query) > API_QUERY_MAX)
		refuse(&c, 414, "the address is too long");
	else
		answer_route(&c);
	if (out->body.failed)
		refuse(&c, 503, "the answer does not fit; ask for less");
	api_count_answer(api, out->status);
}
