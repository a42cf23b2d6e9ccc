/* The api without sockets: routes, readiness, vaults, files. */
#include "tests/api_bed.h"

#include "base/hex.h"

/* --- routes -------------------------------------------------------------- */

static void
api_answer__routes_and_refuses_by_name(void **state)
{
	static const struct {
		const char *path, *query;
		unsigned status;
		const char *body;	/* a part of it */
	} rows[] = {
		{ "/livez", "", 200, "ok" },
		{ "/v1/prices", "", 200, "WETH" },
		{ "/v1/feeds", "", 200, "kraken" },
		{ "/v1/volatility", "", 200, "units" },
		{ "/v1/volatility", "x=1", 400, "unknown parameter" },
		{ "/v1/feeds", "x=1", 400, "unknown parameter" },
		{ "/v1/prices", "x=1", 400, "unknown parameter" },
		{ "/v1/surfaces", "", 200, "surfaces" },
		{ "/v1/surfaces", "unit=ETH", 400, "unknown parameter" },
		{ "/v1/vaults", "limit=1000", 200, "vaults" },
		{ "/v1/vaults", "limit=1001", 400, "at most 1000" },
		{ "/v1/vaults", "limit=-1", 400, "limit" },
		{ "/v1/vaults", "limit=1&limit=2", 400, "twice" },
		{ "/v1/vaults", "limit=", 400, "empty" },
		{ "/v1/vaults", "limit", 400, "empty" },
		{ "/v1/vaults", "offset=4294967296", 400, "offset" },
		{ "/v1/vaults", "sort=size", 400, "sort: " },
		{ "/v1/vaults", "order=up", 400, "order: " },
		{ "/v1/vaults", "state=HEALTHY,BAD", 400, "state: " },
		{ "/v1/vaults", "state=UNNAMED", 400, "state: " },
		{ "/v1/vaults/0x12", "", 404, "no such vault" },
		{ "/v1/vaults/", "", 404, "no such path" },
		{ "/v1/vaults/a/b", "", 404, "no such path" },
		{ "/v1/vaults/a/proof", "recipient=0x12", 400, "recipient" },
		{ "/v1/vaults/a/proof", "min_seize=1.5", 400, "min_seize" },
		{ "/v1/attestations/latest", "", 200, "primaryType" },
		{ "/v1/attestations/abc", "", 400, "whole number" },
		{ "/v1/attestations/0", "", 400, "whole number" },
		{ "/v1/attestations/7", "", 404, "no such attestation" },
		{ "/v1/attestations", "limit=500", 200, "sequence" },
		{ "/v1/attestations", "limit=501", 400, "at most 500" },
		{ "/v1/aggregate", "history=3600", 200, "history" },
		{ "/v1/aggregate", "history=3601", 400, "at most 3600" },
		{ "/v1/prices/history", "asset=NONE", 404, "no such asset" },
		{ "/v1/prices/history", "asset=WETH", 200, "mids" },
		{ "/v1/status", "", 200, "\"ready\":true" },
		{ "/readyz", "", 200, "\"ready\":true" },
		{ "/metrics", "", 200, "margind_ready 1" },
		{ "/v1", "", 404, "no such path" },
		{ "/v1/prices/", "", 404, "no such path" },
		{ "//v1/prices", "", 404, "no such path" },
		{ "", "", 404, "no such path" },
		{ "/etc/passwd", "", 404, "no such path" },
	};
	struct bed *b = *state;

	bed_publish(b, NOW);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		unsigned status = ask(b, rows[i].path, rows[i].query);

		if (status != rows[i].status ||
		    !strstr(b->answer.body.at, rows[i].body))
			print_message("%s?%s: %u %.200s\n", rows[i].path,
			    rows[i].query, status, b->answer.body.at);
		assert_int_equal(status, rows[i].status);
		assert_non_null(strstr(b->answer.body.at, rows[i].body));
	}
}

static void
api_answer__refuses_other_methods_and_long_addresses(void **state)
{
	struct bed *b = *state;
	struct api_request q = { .path = "/livez", .query = "" };
	char path[API_PATH_MAX + 2], query[API_QUERY_MAX + 2];

	api_answer(&b->api, &b->answer, &q);
	assert_int_equal(b->answer.status, 405);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[API_PATH_MAX] = '\0';
	assert_int_equal(ask(b, path, ""), 404);
	path[API_PATH_MAX] = 'a';
	path[API_PATH_MAX + 1] = '\0';
	assert_int_equal(ask(b, path, ""), 414);
	memset(query, '&', sizeof(query));
	query[API_QUERY_MAX] = '\0';
	assert_int_equal(ask(b, "/livez", query), 200);
	query[API_QUERY_MAX] = '&';
	query[API_QUERY_MAX + 1] = '\0';
	assert_int_equal(ask(b, "/livez", query), 414);
	assert_int_equal(b->api.counters.refused, 1);
	assert_int_equal(b->api.counters.bad_request, 2);
}

static void
api_answer__says_503_before_the_engine_started(void **state)
{
	static const char *const paths[] = { "/v1/prices", "/v1/feeds",
		"/v1/vaults", "/v1/surfaces", "/v1/volatility",
		"/v1/aggregate", "/v1/attestations/latest", "/readyz",
		"/v1/vaults/a" };
	struct bed *b = *state;

	api_state_refresh(b->api.state);
	for (size_t i = 0; i < ARRAY_COUNT(paths); i++)
		assert_int_equal(ask(b, paths[i], ""), 503);
	assert_int_equal(ask(b, "/livez", ""), 200);
	assert_int_equal(ask(b, "/metrics", ""), 200);
	assert_non_null(strstr(b->answer.body.at, "margind_ready 0\n"));
}

/* --- readiness ----------------------------------------------------------- */

static void
readyz__names_each_reason(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	struct {
		uint8_t ready, paused, status;
		uint64_t now_ms;
		const char *why;
	} rows[] = {
		{ 0, 0, PRICE_OK, NOW, "the signer is not ready" },
		{ 1, 1, PRICE_OK, NOW, "paused" },
		{ 1, 0, PRICE_REFUSED, NOW, "HEAD" },
		{ 1, 0, PRICE_OK, NOW + 3001, "the engine is silent" },
		{ 1, 0, PRICE_OK, NOW + 6001,
		    "the newest attestation is old" },
		{ 1, 0, PRICE_OK, NOW + 120001,
		    "the newest attestation has expired" },
	};

	bed_publish(b, NOW);
	assert_int_equal(ask(b, "/readyz", ""), 200);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct api_request q = { .is_read = true, .path = "/readyz",
			.query = "", .now_ms = rows[i].now_ms };

		h->is_ready = rows[i].ready;
		h->is_paused = rows[i].paused;
		h->status = rows[i].status;
		h->reason = REASON_HEAD;
		board_put_head(b->world.writer, h);
		api_state_refresh(b->api.state);
		api_answer(&b->api, &b->answer, &q);
		assert_int_equal(b->answer.status, 503);
		assert_non_null(strstr(b->answer.body.at, rows[i].why));
	}
}

static void
readyz__is_ready_at_the_edge_of_silence(void **state)
{
	struct bed *b = *state;
	struct api_request q = { .is_read = true, .path = "/readyz",
		.query = "", .now_ms = NOW + 3000 };

	bed_publish(b, NOW);
	api_answer(&b->api, &b->answer, &q);
	assert_int_equal(b->answer.status, 200);
}

/* --- views --------------------------------------------------------------- */

/* The same page as a dumb reference makes from all vaults. */
static void
vaults__page_like_a_sorted_list(void **state)
{
	static const char *const key[] = { "health_factor",
		"collateral_value", "debt_value" };
	static const char *const sort[] = { "sort=health&limit=1000",
		"sort=collateral&limit=1000", "sort=debt&limit=1000&order=desc" };
	struct bed *b = *state;

	bed_publish(b, NOW);
	for (size_t k = 0; k < 3; k++) {
		json_t *v = ask_json(b, "/v1/vaults", sort[k]);
		json_t *list = json_object_get(v, "vaults");
		u128 before = k == 2 ? U128_MAX : 0;

		assert_int_equal(json_array_size(list), 200);
		for (size_t i = 0; i < 200; i++) {
			json_t *o = json_array_get(list, i);
			u128 now = json_is_null(json_object_get(o, key[k])) ?
			    U128_MAX : wad_of(o, key[k]);

			assert_true(k == 2 ? now <= before : now >= before);
			before = now;
		}
		json_decref(v);
	}
}

static void
vaults__pages_join_to_the_whole(void **state)
{
	struct bed *b = *state;
	json_t *whole;
	size_t at = 0;

	bed_publish(b, NOW);
	whole = ask_json(b, "/v1/vaults", "limit=1000&sort=id");
	while (at < 200) {
		char query[64];
		json_t *v, *list;

		snprintf(query, sizeof(query), "limit=7&sort=id&offset=%zu",
		    at);
		v = ask_json(b, "/v1/vaults", query);
		list = json_object_get(v, "vaults");
		assert_int_equal(json_array_size(list), at + 7 <= 200 ? 7 :
		    200 - at);
		assert_int_equal(json_integer_value(json_object_get(v,
		    "total")), 200);
		for (size_t i = 0; i < json_array_size(list); i++)
			assert_true(json_equal(json_array_get(list, i),
			    json_array_get(json_object_get(whole, "vaults"),
			    at + i)));
		at += 7;
		json_decref(v);
	}
	json_decref(whole);
}

static void
vaults__filter_by_state(void **state)
{
	struct bed *b = *state;
	size_t n[3];
	static const char *const query[] = { "state=HEALTHY&limit=1000",
		"state=RESTRICTED,STALE&limit=1000", "limit=0" };

	api_world_refuse(&b->world, 3);
	bed_publish(b, NOW);
	for (size_t i = 0; i < 3; i++) {
		json_t *v = ask_json(b, "/v1/vaults", query[i]);

		n[i] = (size_t)json_integer_value(json_object_get(v,
		    "total"));
		assert_int_equal(json_array_size(json_object_get(v,
		    "vaults")), i == 2 ? 0 : n[i]);
		json_decref(v);
	}
	assert_true(n[0] > 0 && n[1] > 60);
	assert_int_equal(n[0] + n[1], n[2]);
}

static void
vault__shows_figures_legs_and_limits(void **state)
{
	struct bed *b = *state;
	struct api_vault row;
	struct liquidation_price limit;
	char path[128], id[HEX_B32_BUF];
	json_t *v, *leg;

	bed_publish(b, NOW);
	assert_int_equal(api_vault_get(&row, b->api.state, 1), ERR_OK);
	hex_from_bytes(id, row.vault.id.b, 32);
	snprintf(path, sizeof(path), "/v1/vaults/%s", id);
	v = ask_json(b, path, "");
	assert_string_equal(word(v, "vault"), id);
	assert_true(wad_of(v, "health_factor") ==
	    wad_to_raw(row.verdict.value.mid.health));
	assert_true(wad_of(v, "collateral_value") ==
	    (u128)usd18_to_raw(row.verdict.value.collateral_value));
	assert_int_equal(json_array_size(json_object_get(v, "legs")), 2);
	leg = json_array_get(json_object_get(v, "legs"), 1);
	assert_string_equal(word(leg, "side"), "debt");
	assert_string_equal(word(leg, "asset"), "USDC");
	assert_int_equal(liquidation_price_of(&limit, &b->world.book,
	    &row.vault, &b->world.market, row.vault.debt[0].asset), ERR_OK);
	assert_true(limit.has_above && wad_of(leg, "liquidation_price") ==
	    px18_to_raw(limit.above));
	assert_true(wad_of(leg, "value") == wad_of(v, "debt_value"));
	assert_true(json_is_null(json_object_get(v, "liquidation")));
	assert_true(json_is_null(json_object_get(v, "name")));
	json_decref(v);
}

static void
vault__has_the_name_that_its_file_gave_it(void **state)
{
	struct bed *b = *state;
	struct bookfile_ids ids;
	struct b32 id;
	json_t *v;

	bed_publish(b, NOW);
	assert_int_equal(bookfile_ids_init(&ids, 2, 16), ERR_OK);
	name_id(&id, "two", 3);
	assert_int_equal(bookfile_ids_add(&ids, &id, "two", 3), ERR_OK);
	b->api.state->ids = &ids;
	v = ask_json(b, "/v1/vaults/one", "");
	assert_true(json_is_null(json_object_get(v, "name")));
	json_decref(v);
	name_id(&id, "one", 3);
	assert_int_equal(bookfile_ids_add(&ids, &id, "one", 3), ERR_OK);
	v = ask_json(b, "/v1/vaults/one", "");
	assert_string_equal(word(v, "name"), "one");
	json_decref(v);
	bookfile_ids_free(&ids);
}

static void
vault__has_no_figures_while_stale(void **state)
{
	struct bed *b = *state;
	json_t *v, *o;

	api_world_refuse(&b->world, 3);
	bed_publish(b, NOW);
	v = ask_json(b, "/v1/vaults", "state=STALE&limit=1");
	o = json_array_get(json_object_get(v, "vaults"), 0);
	assert_true(json_is_null(json_object_get(o, "health_factor")));
	assert_true(json_is_null(json_object_get(o, "collateral_value")));
	json_decref(v);
}

static void
index__follows_changes_and_a_new_engine(void **state)
{
	struct bed *b = *state;
	uint32_t slot;

	bed_publish(b, NOW);
	for (uint32_t i = 0; i < 200; i++) {
		assert_int_equal(api_state_find(&slot, b->api.state,
		    &b->world.vaults[i].id), ERR_OK);
		assert_int_equal(slot, i);
		api_state_clean(b->api.state, i);
	}
	assert_int_equal(b->api.state->dirty_count, 0);
	api_state_refresh(b->api.state);
	assert_int_equal(b->api.state->dirty_count, 0);
	api_world_move(&b->world, 5000);
	bed_publish(b, NOW + 50);
	assert_true(b->api.state->dirty_count > 190);
	/* A new life begins with nothing. */
	api_world_life(&b->world);
	b->world.book.vault_count = 3;
	bed_publish(b, NOW + 100);
	assert_int_equal(b->api.state->row_count, 3);
	assert_int_equal(api_state_find(&slot, b->api.state,
	    &b->world.vaults[5].id), ERR_UNKNOWN);
	assert_int_equal(api_state_find(&slot, b->api.state,
	    &b->world.vaults[2].id), ERR_OK);
}

/* The engine writes only of vaults that crossed; figures follow all the
 * same. */
static void
index__values_vaults_that_nobody_wrote(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	struct price *p = &h->asset_price[0];
	struct px18 half;

	bed_publish(b, NOW);
	for (uint32_t i = 0; i < 200; i++)
		api_state_clean(b->api.state, i);
	/* Another age alone is nothing to see. */
	p->age_ms += 7;
	h->now_ms += 50;
	board_put_head(b->world.writer, h);
	api_state_refresh(b->api.state);
	assert_int_equal(b->api.state->dirty_count, 0);
	half = px18_from_raw(px18_to_raw(p->mid) / 2);
	p->mid = p->low = p->high = half;
	h->now_ms += 50;
	board_put_head(b->world.writer, h);
	api_state_refresh(b->api.state);
	assert_true(b->api.state->dirty_count > 50);
}

/* A board whose engine is not what it was. */
static void
index__refuses_prices_that_nobody_would_sign(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;
	const struct price *at;
	struct price bad[4];

	bed_publish(b, NOW);
	at = &b->api.state->market.asset[0].price;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		bad[i] = h->asset_price[0];
	assert_int_equal(at->status, PRICE_OK);
	bad[0].status = (enum price_status)(PRICE_REFUSED + 1);
	bad[1].low = px18_from_raw(px18_to_raw(bad[1].mid) + 1);
	bad[2].high = px18_from_raw(px18_to_raw(bad[2].mid) - 1);
	bad[3].mid = bad[3].low = px18_from_raw(0);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		h->asset_price[0] = bad[i];
		h->now_ms += 50;
		board_put_head(b->world.writer, h);
		api_state_refresh(b->api.state);
		assert_int_equal(at->status, PRICE_REFUSED);
		assert_true(px18_is_zero(at->mid) && px18_is_zero(at->low));
	}
}

static void
index__survives_vaults_that_are_gone_while_it_values(void **state)
{
	struct bed *b = *state;
	struct board_head *h = &b->world.head;

	/* Of positions only some are valued at one refresh. */
	for (uint32_t i = 0; i < 200; i++)
		b->world.vaults[i].method = METHOD_STANDARD;
	bed_publish(b, NOW);
	assert_true(b->api.state->value_left > 0);
	h->vault_count = 0;
	h->now_ms += 50;
	board_put_head(b->world.writer, h);
	api_state_refresh(b->api.state);
	assert_int_equal(b->api.state->row_count, 0);
	assert_int_equal(b->api.state->value_left, 0);
}

/* --- files --------------------------------------------------------------- */

static void
files__are_whole_and_tagged(void **state)
{
	static const struct {
		const char *path, *part;
	} rows[] = {
		{ "/", "<!doctype html>" }, { "/app.js", "\"use strict\"" },
		{ "/app.css", ":root" }, { "/uplot.js", "uPlot" },
		{ "/uplot.css", ".uplot" }, { "/icon.svg", "<svg" },
		{ "/licences.txt", "Leon Sorokin" },
	};
	struct bed *b = *state;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(ask(b, rows[i].path, ""), 200);
		assert_non_null(b->answer.file);
		assert_int_equal(strlen(b->answer.etag), 18);
		assert_non_null(memmem(b->answer.file, b->answer.file_len,
		    rows[i].part, strlen(rows[i].part)));
	}
	/* The rules of the page: nothing inline. */
	assert_int_equal(ask(b, "/", ""), 200);
	assert_null(memmem(b->answer.file, b->answer.file_len, "style=", 6));
	assert_null(memmem(b->answer.file, b->answer.file_len, "http", 4));
}

/* While an asset that somebody holds or owes has no price, the sums are of the
 * rest alone. */
static void
aggregate__has_no_ratio_while_something_is_unpriced(void **state)
{
	struct bed *b = *state;
	json_t *v, *h;

	bed_publish(b, NOW);
	v = ask_json(b, "/v1/aggregate", "history=1");
	assert_true(json_is_string(json_object_get(v, "health_factor")));
	assert_true(json_is_string(json_object_get(v,
	    "collateralization_ratio")));
	assert_int_equal(json_integer_value(json_object_get(v,
	    "unpriced_assets")), 0);
	json_decref(v);
	b->world.head.aggregate.unpriced = 1;
	b->world.head.now_ms += 1000;
	board_put_head(b->world.writer, &b->world.head);
	api_state_refresh(b->api.state);
	v = ask_json(b, "/v1/aggregate", "history=1");
	assert_true(json_is_null(json_object_get(v, "health_factor")));
	assert_true(json_is_null(json_object_get(v,
	    "collateralization_ratio")));
	assert_int_equal(json_integer_value(json_object_get(v,
	    "unpriced_assets")), 1);
	h = json_array_get(json_object_get(v, "history"), 0);
	assert_true(json_is_null(json_object_get(h, "health_factor")));
	assert_true(json_is_string(json_object_get(h, "debt_value")));
	json_decref(v);
	assert_int_equal(ask(b, "/metrics", ""), 200);
	assert_non_null(strstr(b->answer.body.at,
	    "\nmargind_unpriced_assets 1\n"));
	assert_null(strstr(b->answer.body.at, "\nmargind_health_factor "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BED(api_answer__routes_and_refuses_by_name),
		BED(api_answer__refuses_other_methods_and_long_addresses),
		BED(api_answer__says_503_before_the_engine_started),
		BED(readyz__names_each_reason),
		BED(readyz__is_ready_at_the_edge_of_silence),
		BED(vaults__page_like_a_sorted_list),
		BED(vaults__pages_join_to_the_whole),
		BED(vaults__filter_by_state),
		BED(vault__shows_figures_legs_and_limits),
		BED(vault__has_the_name_that_its_file_gave_it),
		BED(vault__has_no_figures_while_stale),
		BED(index__follows_changes_and_a_new_engine),
		BED(index__values_vaults_that_nobody_wrote),
		BED(index__refuses_prices_that_nobody_would_sign),
		BED(index__survives_vaults_that_are_gone_while_it_values),
		BED(files__are_whole_and_tagged),
		BED(aggregate__has_no_ratio_while_something_is_unpriced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
