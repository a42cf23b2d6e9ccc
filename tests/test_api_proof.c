/* Attestations, proofs and ready transactions of the api. */
#include "tests/api_bed.h"

#include "base/hex.h"
#include "contracts-abi/clearing.h"
#include "oracle/api_proof.h"

static enum err
past_get(void *arg, struct board_attestation *out, uint64_t sequence)
{
	if (sequence != 5)
		return sequence == 6 ? ERR_IO : ERR_UNKNOWN;
	*out = *(struct board_attestation *)arg;
	return ERR_OK;
}

static enum err
past_latest(void *arg, struct api_past_row *out, size_t *count, size_t max,
    uint64_t before)
{
	const struct board_attestation *a = arg;

	assert_true(max > 0 && before == FIRST + 1);
	out[0] = (struct api_past_row){ a->header, a->digest };
	out[0].header.sequence = 5;
	*count = 1;
	return ERR_OK;
}

static void
attestations__come_from_the_ring_then_from_history(void **state)
{
	struct bed *b = *state;
	struct board_attestation a;
	char path[64];
	json_t *v;

	for (unsigned i = 0; i < 3; i++)
		bed_publish(b, NOW + i);
	a = b->api.state->newest;
	b->api.past = (struct api_past){ past_get, past_latest, &a };
	assert_int_equal(ask(b, "/v1/attestations/5", ""), 200);
	assert_int_equal(ask(b, "/v1/attestations/6", ""), 503);
	assert_int_equal(ask(b, "/v1/attestations/7", ""), 404);
	snprintf(path, sizeof(path), "/v1/attestations/%llu",
	    (unsigned long long)FIRST + 2);
	v = ask_json(b, path, "");
	assert_string_equal(word(json_object_get(v, "message"), "asOf"),
	    "1795182300001");
	json_decref(v);
	v = ask_json(b, "/v1/attestations", "limit=9");
	assert_int_equal(json_array_size(v), 4);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(json_integer_value(json_object_get(
		    json_array_get(v, i), "sequence")), FIRST + 3 - i);
	assert_int_equal(json_integer_value(json_object_get(
	    json_array_get(v, 3), "sequence")), 5);
	json_decref(v);
	v = ask_json(b, "/v1/attestations", "limit=2");
	assert_int_equal(json_array_size(v), 2);
	json_decref(v);
}

static void
bytes32(struct b32 *out, json_t *v)
{
	const char *t = json_string_value(v);

	assert_non_null(t);
	assert_int_equal(hex_to_bytes(out->b, 32, t, strlen(t)), ERR_OK);
}

static bool
proof_holds(json_t *part, const struct b32 *root)
{
	struct b32 leaf, proof[MERKLE_DEPTH_MAX];
	json_t *list = json_object_get(part, "proof");
	size_t n = json_array_size(list);

	assert_true(n <= MERKLE_DEPTH_MAX);
	bytes32(&leaf, json_object_get(part, "leaf"));
	for (size_t i = 0; i < n; i++)
		bytes32(&proof[i], json_array_get(list, i));
	return merkle_verify(root, &leaf, proof, n);
}

static const char *
proof_path(struct bed *b, enum vault_state wanted, uint32_t *slot)
{
	static char path[128];
	char id[HEX_B32_BUF];

	for (*slot = 0; *slot < 200; (*slot)++)
		if (b->world.verdict[*slot].state == wanted)
			break;
	assert_true(*slot < 200);
	hex_from_bytes(id, b->world.vaults[*slot].id.b, 32);
	snprintf(path, sizeof(path), "/v1/vaults/%s/proof", id);
	return path;
}

static void
proof__holds_against_the_newest_attestation(void **state)
{
	struct bed *b = *state;
	const struct attestation *h = &b->api.state->newest.header;
	uint32_t slot;
	json_t *v;

	for (unsigned round = 0; round < 4; round++) {
		api_world_move(&b->world, 3000);
		bed_publish(b, NOW + round);
		v = ask_json(b, proof_path(b, STATE_RESTRICTED, &slot), "");
		assert_true(proof_holds(json_object_get(v, "position"),
		    &h->positions_root));
		assert_true(proof_holds(json_object_get(v, "verdict"),
		    &h->verdicts_root));
		assert_false(proof_holds(json_object_get(v, "verdict"),
		    &h->positions_root));
		assert_true(json_is_null(json_object_get(v, "tx")));
		json_decref(v);
	}
}

static void
proof__gives_no_verdict_that_is_not_signed(void **state)
{
	struct bed *b = *state;
	uint32_t slot;
	json_t *v;

	bed_publish(b, NOW);
	/* Prices move on; nothing new is released. */
	api_world_move(&b->world, 3000);
	api_world_publish(&b->world, NOW + 50);
	api_state_refresh(b->api.state);
	v = ask_json(b, proof_path(b, STATE_RESTRICTED, &slot), "");
	assert_true(json_is_null(json_object_get(v, "verdict")));
	assert_non_null(json_object_get(json_object_get(v, "reasons"),
	    "verdict"));
	assert_true(proof_holds(json_object_get(v, "position"),
	    &b->api.state->newest.header.positions_root));
	json_decref(v);
}

static void
proof__is_503_while_positions_differ(void **state)
{
	struct bed *b = *state;
	uint32_t slot;

	bed_publish(b, NOW);
	b->world.vaults[0].nonce++;
	api_world_position(&b->world, 0);
	api_world_publish(&b->world, NOW + 50);
	api_state_refresh(b->api.state);
	assert_int_equal(ask(b, proof_path(b, STATE_RESTRICTED, &slot), ""),
	    503);
	assert_non_null(strstr(b->answer.body.at, "positions have changed"));
}

/* Prices of what is held fall until vaults are liquidatable. */
static void
crash(struct bed *b)
{
	static const uint64_t usd[] = { 1700, 51000, 1, 13 };

	for (size_t i = 0; i < API_WORLD_ASSETS; i++)
		api_world_price(&b->world, i, WAD_ONE_RAW * usd[i]);
	bed_publish(b, NOW);
}

static void
proof__carries_the_whole_liquidation(void **state)
{
	static const char query[] =
	    "recipient=0x70997970c51812dc3a010c7d01b50e0d17dc79c8&min_seize=9";
	struct bed *b = *state;
	const char *data, *path;
	struct api_vault row;
	uint32_t slot;
	u128 atoms;
	json_t *v, *tx;
	char selector[11];
	uint8_t four[4];

	crash(b);
	path = proof_path(b, STATE_LIQUIDATABLE, &slot);
	v = ask_json(b, path, "");
	assert_true(json_is_null(json_object_get(v, "tx")));
	assert_string_equal(word(json_object_get(v, "reasons"), "tx"),
	    "no recipient is given");
	json_decref(v);
	v = ask_json(b, path, query);
	tx = json_object_get(v, "tx");
	assert_string_equal(word(tx, "value"), "0");
	data = word(tx, "data");
	selector_of(four, "submitAndLiquidate((bytes32,uint64,uint64,uint64,"
	    "uint64,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,uint8,"
	    "uint32,uint32,uint32,uint128,uint128),uint256,bytes,uint256[],"
	    "(address,uint256,address,address,uint256,uint256,address))");
	hex_from_bytes(selector, four, 4);
	assert_memory_equal(data, selector, 10);
	assert_non_null(strstr(data,
	    "70997970c51812dc3a010c7d01b50e0d17dc79c8"));
	/* Our bit, the third of the table. */
	assert_memory_equal(data + 10 + 64 * 17 + 62, "04", 2);
	json_decref(v);
	assert_int_equal(api_vault_get(&row, b->api.state, slot),
	    ERR_OK);
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    b->world.market.asset[2].price.low), ERR_OK);
	assert_true(atoms > 0 && atoms <= row.vault.debt[0].amount);
}

static void
proof__has_no_tx_without_our_place_in_the_table(void **state)
{
	struct bed *b = *state;
	uint32_t slot;
	json_t *v;

	crash(b);
	b->world.head.has_signer_bit = 0;
	board_put_head(b->world.writer, &b->world.head);
	api_state_refresh(b->api.state);
	v = ask_json(b, proof_path(b, STATE_LIQUIDATABLE, &slot),
	    "recipient=0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
	assert_true(json_is_null(json_object_get(v, "tx")));
	assert_true(json_is_null(json_object_get(json_object_get(v,
	    "attestation"), "tx")));
	json_decref(v);
}

static void
repay_atoms__leave_no_dust(void **state)
{
	struct bed *b = *state;
	struct api_vault row;
	u128 owed, atoms;
	uint32_t slot;

	crash(b);
	(void)proof_path(b, STATE_LIQUIDATABLE, &slot);
	assert_int_equal(api_vault_get(&row, b->api.state, slot),
	    ERR_OK);
	owed = row.vault.debt[0].amount;	/* USDC: 6 decimals */
	/* All but 101 USD at a price of one: a rest above dust. */
	row.verdict.max_repay = usd18_from_raw((i128)((owed - 101000000) *
	    pow10_u128(12)));
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW)), ERR_OK);
	assert_true(atoms == owed - 101000000);
	row.verdict.max_repay = usd18_from_raw((i128)((owed - 100000000) *
	    pow10_u128(12)));
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW)), ERR_OK);
	assert_true(atoms == owed);
	/* A lower price asks for more, never for more than is owed. */
	row.verdict.max_repay = usd18_from_raw((i128)(owed *
	    pow10_u128(12)));
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW / 2)), ERR_OK);
	assert_true(atoms == owed);
	row.verdict.state = STATE_HEALTHY;
	assert_int_equal(api_repay_atoms(&atoms, b->api.state, &row,
	    px18_from_raw(WAD_ONE_RAW)), ERR_STATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BED(attestations__come_from_the_ring_then_from_history),
		BED(proof__holds_against_the_newest_attestation),
		BED(proof__gives_no_verdict_that_is_not_signed),
		BED(proof__is_503_while_positions_differ),
		BED(proof__carries_the_whole_liquidation),
		BED(proof__has_no_tx_without_our_place_in_the_table),
		BED(repay_atoms__leave_no_dust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
