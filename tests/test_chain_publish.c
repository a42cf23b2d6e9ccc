/* What publishes, with a node and a signer that do what a test says.  The
 * module is compiled into this file; its neighbours are those below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define rpc_nonce fake_nonce
#define rpc_priority_fee fake_priority_fee
#define rpc_send fake_send
#define rpc_receipt fake_receipt
#define rpc_error fake_error
#define watch_signer_bit fake_signer_bit
#define proc_send fake_proc_send
#include "oracle/chain_publish.c"

#include "base/price.h"

#define GWEI ((u128)1000000000u)
#define SHOWN_MAX 64u
#define NOBODY SHOWN_MAX

static struct {
	/* the node */
	uint64_t next;
	enum err next_fails, send_answers, receipt_fails;
	u128 tip_wei;
	size_t mined;		/* which of the shown has a receipt */
	bool succeeded;
	struct b32 shown[SHOWN_MAX];
	size_t shown_count;
	unsigned receipts;
	/* the contract's table */
	bool has_no_bit;
	/* the signer */
	struct wire_tx_request asked;
	struct wire_tx_mined told;
	unsigned asked_count, told_count;
} world;

enum err
fake_nonce(uint64_t *out, struct rpc *r, const struct addr *from)
{
	(void)r;
	assert_int_equal(from->b[0], 0x6a);
	if (world.next_fails == ERR_OK)
		*out = world.next;
	return world.next_fails;
}

enum err
fake_priority_fee(u128 *out, struct rpc *r)
{
	(void)r;
	*out = world.tip_wei;
	return ERR_OK;
}

enum err
fake_send(struct rpc *r, const uint8_t *raw, size_t len,
    const struct b32 *hash)
{
	struct b32 h;

	(void)r;
	keccak256(&h, raw, len);
	assert_memory_equal(&h, hash, sizeof(h));
	assert_true(world.shown_count < SHOWN_MAX);
	world.shown[world.shown_count++] = h;
	return world.send_answers;
}

enum err
fake_receipt(struct rpc_receipt *out, struct rpc *r, const struct b32 *hash)
{
	(void)r;
	world.receipts++;
	if (world.receipt_fails != ERR_OK)
		return world.receipt_fails;
	if (world.mined == NOBODY || memcmp(&world.shown[world.mined], hash,
	    sizeof(*hash)) != 0)
		return ERR_UNKNOWN;
	*out = (struct rpc_receipt){ 9, world.succeeded, 1234 };
	return ERR_OK;
}

const char *
fake_error(const struct rpc *r)
{
	(void)r;
	return "node: what it says";
}

enum err
fake_signer_bit(uint8_t *out, const struct watch *w, const struct addr *signer)
{
	(void)w;
	(void)signer;
	*out = 3;
	return world.has_no_bit ? ERR_UNKNOWN : ERR_OK;
}

enum err
fake_proc_send(int fd, const void *message, bool may_block)
{
	struct wire_head head;

	assert_false(may_block);
	if (fd < 0)
		return ERR_IO;
	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_TX_REQUEST) {
		memcpy(&world.asked, message, sizeof(world.asked));
		world.asked_count++;
	} else {
		assert_int_equal(head.type, WIRE_TX_MINED);
		memcpy(&world.told, message, sizeof(world.told));
		world.told_count++;
	}
	return ERR_OK;
}

static struct proc_role proc;
static struct chain_publish *publisher;
static struct watch_block head;
static uint64_t now;

static void
newest(uint64_t sequence, uint8_t status)
{
	struct wire_attestation w;

	memset(&w, 0, sizeof(w));
	w.sequence = sequence;
	w.block_number = 1;
	w.status = status;
	w.signature.r[31] = w.signature.s[31] = 1;
	(void)chain_publish_newest(publisher, &w);
}

/* A turn of the loop, so many blocks later. */
static void
turn(uint64_t blocks)
{
	head.number += blocks;
	now += 500;
	assert_int_equal(chain_publish_turn(publisher, &head, now), ERR_OK);
}

static void
signer_signs(uint64_t id)
{
	struct wire_tx_signed w;

	memset(&w, 0, sizeof(w));
	w.id = id;
	w.signature.r[31] = w.signature.s[31] = 1;
	chain_publish_signed(publisher, &w);
}

static void
signer_rejects(uint64_t id)
{
	struct wire_tx_rejected w;

	memset(&w, 0, sizeof(w));
	w.id = id;
	w.rule = RULE_TX_BUDGET;
	chain_publish_rejected(publisher, &w);
}

/* The node's answer to what the signer signs now. */
static void
send(enum err answer)
{
	world.send_answers = answer;
	signer_signs(world.asked.id);
}

static int
setup(void **state)
{
	struct wire_gas_key key;

	(void)state;
	memset(&world, 0, sizeof(world));
	memset(&proc, 0, sizeof(proc));
	memset(&key, 0, sizeof(key));
	world.next = 5;
	world.mined = NOBODY;
	world.succeeded = true;
	world.tip_wei = GWEI;
	proc.config.chain_id = 1;
	proc.config.publish = true;
	proc.config.publish_every_ms = 10000;
	proc.config.gas.max_fee_wei = 100 * GWEI;
	proc.config.gas.max_priority_fee_wei = 3 * GWEI;
	proc.peer[ROLE_SIGNER] = 1;
	head = (struct watch_block){ .number = 100,
		.base_fee_wei = 10 * GWEI };
	now = 1000000;
	key.address.b[0] = 0x6a;
	assert_int_equal(chain_publish_create(&publisher, &proc, NULL, NULL),
	    ERR_OK);
	chain_publish_key(publisher, &key);
	newest(70, PRICE_OK);
	turn(0);
	assert_int_equal(world.asked_count, 1);
	assert_int_equal(world.asked.nonce, 5);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(publisher);
	return 0;
}

static u128
tip_asked(void)
{
	return wire_to_u128(world.asked.max_priority_fee_wei);
}

/* The word of submit's data that is the header's sequence. */
static bool
is_of_sequence(uint8_t sequence)
{
	for (size_t i = 4; i + 32 <= world.asked.data_len; i += 32)
		if (world.asked.data[i + 31] == sequence)
			return true;
	return false;
}

static void
chain_publish__tells_the_nonce_before_it_asks(void **state)
{
	(void)state;
	/* At the key, and again: that time the node may not have answered. */
	assert_int_equal(world.told_count, 2);
	assert_int_equal(world.told.next_nonce, 5);
}

static void
chain_publish__keeps_what_is_sent_when_no_node_answers(void **state)
{
	u128 first = tip_asked(), second;

	(void)state;
	send(ERR_OK);
	turn(2);
	assert_int_equal(world.asked_count, 2);
	second = tip_asked();
	assert_true(8 * second >= 9 * first);
	world.next_fails = ERR_IO;
	signer_rejects(world.asked.id);
	newest(71, PRICE_REFUSED);	/* would be due at once */
	turn(2);
	assert_int_equal(world.asked_count, 2);
	world.next_fails = ERR_OK;
	turn(2);
	assert_int_equal(world.asked_count, 3);
	assert_int_equal(world.asked.nonce, 5);
	assert_true(tip_asked() == second);
}

static void
chain_publish__ignores_a_rejection_of_another_request(void **state)
{
	(void)state;
	signer_rejects(world.asked.id + 1);
	assert_int_equal(chain_publish_counters(publisher)->refused, 0);
	send(ERR_OK);
	assert_int_equal(chain_publish_counters(publisher)->sent, 1);
	/* Nor of one that was answered. */
	signer_rejects(world.asked.id);
	assert_int_equal(chain_publish_counters(publisher)->refused, 0);
	turn(1);
	assert_int_equal(world.asked_count, 1);
}

static void
chain_publish__ignores_a_signature_that_comes_too_late(void **state)
{
	uint64_t id = world.asked.id;

	(void)state;
	now += PUBLISH_SIGNER_MS;
	turn(0);
	signer_signs(id);
	assert_int_equal(world.shown_count, 0);
	/* Nothing is under way: due again after the interval. */
	turn(0);
	assert_int_equal(world.asked_count, 1);
	now += 10000;
	newest(71, PRICE_OK);
	turn(0);
	assert_int_equal(world.asked_count, 2);
	assert_true(is_of_sequence(71));
}

static void
chain_publish__begins_anew_once_one_is_mined(void **state)
{
	(void)state;
	send(ERR_OK);
	world.next = 6;
	world.mined = 0;
	turn(1);
	assert_int_equal(chain_publish_counters(publisher)->mined, 1);
	assert_int_equal(world.told.next_nonce, 6);
	assert_true(wire_to_u128(world.told.spent_wei) == 1234);
	/* The next is refused before any node saw it: none is under way. */
	newest(71, PRICE_REFUSED);
	turn(0);
	assert_int_equal(world.asked_count, 2);
	assert_int_equal(world.asked.nonce, 6);
	signer_rejects(world.asked.id);
	newest(72, PRICE_OK);
	turn(0);
	assert_int_equal(world.asked_count, 3);
	assert_true(tip_asked() == GWEI && is_of_sequence(72));
}

static void
chain_publish__finds_the_one_of_several_that_was_mined(void **state)
{
	(void)state;
	send(ERR_OK);
	newest(71, PRICE_OK);
	turn(2);
	send(ERR_OK);
	assert_true(is_of_sequence(71));
	newest(72, PRICE_REFUSED);
	turn(2);
	send(ERR_OK);
	assert_true(is_of_sequence(72));
	assert_int_equal(chain_publish_counters(publisher)->replaced, 2);
	world.next = 6;
	world.mined = 0;
	world.told_count = 0;
	turn(1);
	assert_int_equal(world.receipts, 3);
	assert_int_equal(world.told_count, 1);
	assert_int_equal(world.told.next_nonce, 6);
	assert_int_equal(chain_publish_counters(publisher)->mined, 1);
	/* Sequence 70 it was, an OK: the refusal is not on the chain yet. */
	turn(0);
	assert_int_equal(world.asked.nonce, 6);
	assert_true(is_of_sequence(72));
}

static void
chain_publish__says_that_a_nonce_is_used_by_another(void **state)
{
	(void)state;
	send(ERR_OK);
	world.next = 7;
	world.told_count = 0;
	turn(1);
	turn(1);
	assert_int_equal(world.told_count, 0);
	turn(1);
	assert_int_equal(world.told_count, 1);
	assert_int_equal(world.told.next_nonce, 7);
	assert_true(wire_to_u128(world.told.spent_wei) == 0);
	assert_int_equal(chain_publish_counters(publisher)->mined, 0);
	assert_int_equal(chain_publish_counters(publisher)->reverted, 0);
	newest(71, PRICE_REFUSED);
	turn(0);
	assert_int_equal(world.asked.nonce, 7);
}

static void
chain_publish__asks_once_where_the_node_gives_no_receipts(void **state)
{
	(void)state;
	send(ERR_OK);
	turn(2);
	send(ERR_OK);
	world.next = 6;
	world.receipt_fails = ERR_IO;
	turn(1);
	assert_int_equal(world.receipts, 1);
	world.receipt_fails = ERR_OK;
	world.mined = 1;
	world.succeeded = false;
	turn(0);
	assert_int_equal(chain_publish_counters(publisher)->reverted, 1);
}

static void
chain_publish__raises_nothing_that_it_could_not_ask_for(void **state)
{
	u128 first = tip_asked();

	(void)state;
	send(ERR_OK);
	world.has_no_bit = true;
	for (unsigned i = 0; i < 40; i++)
		turn(i % 2);
	assert_int_equal(world.asked_count, 1);
	world.has_no_bit = false;
	turn(2);
	assert_int_equal(world.asked_count, 2);
	assert_true(tip_asked() == first + first / 8 + 1);
	/* Nor was anything replaced yet. */
	assert_int_equal(chain_publish_counters(publisher)->replaced, 0);
	send(ERR_REFUSED);
	assert_int_equal(chain_publish_counters(publisher)->replaced, 0);
	turn(2);
	send(ERR_OK);
	assert_int_equal(chain_publish_counters(publisher)->replaced, 1);
	assert_int_equal(chain_publish_counters(publisher)->sent, 2);
}

static void
chain_publish__knows_what_is_sent_by_what_a_node_took(void **state)
{
	(void)state;
	send(ERR_OK);
	newest(71, PRICE_REFUSED);
	turn(2);
	assert_true(is_of_sequence(71));
	send(ERR_REFUSED);	/* by the node: 70 is what is under way */
	world.next = 6;
	world.mined = 0;
	turn(1);
	assert_int_equal(chain_publish_counters(publisher)->mined, 1);
	/* 71 is not on the chain. */
	turn(0);
	assert_int_equal(world.asked.nonce, 6);
	assert_true(is_of_sequence(71));
}

static void
chain_publish__does_not_begin_over_one_that_may_be_sent(void **state)
{
	static const enum err unsure[] = { ERR_IO, ERR_CHAIN, ERR_STATE };

	for (size_t i = 0; i < ARRAY_COUNT(unsure); i++) {
		u128 first;

		if (i > 0) {
			teardown(state);
			setup(state);
		}
		first = tip_asked();
		send(unsure[i]);
		newest(71, PRICE_REFUSED);
		now += 20000;
		turn(1);
		assert_int_equal(world.asked_count, 1);
		turn(1);
		assert_int_equal(world.asked_count, 2);
		assert_int_equal(world.asked.nonce, 5);
		assert_true(tip_asked() > first);
		/* And if it was: it is found. */
		world.next = 6;
		world.mined = 0;
		signer_rejects(world.asked.id);
		turn(1);
		assert_int_equal(chain_publish_counters(publisher)->mined, 1);
	}
}

static void
chain_publish__is_stuck_at_the_cap_and_not_above(void **state)
{
	u128 last = 0;

	(void)state;
	/* As it is with a suggestion at the cap. */
	signer_rejects(world.asked.id);
	world.tip_wei = 3 * GWEI;
	newest(71, PRICE_REFUSED);
	turn(0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(world.asked_count, 2 + i);
		assert_true(tip_asked() <= 3 * GWEI && tip_asked() >= last);
		/* One raise, then the same. */
		assert_true((tip_asked() > last) == (i < 2));
		last = tip_asked();
		send(ERR_OK);
		turn(2);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chain_publish__tells_the_nonce_before_it_asks),
		TEST(chain_publish__keeps_what_is_sent_when_no_node_answers),
		TEST(chain_publish__ignores_a_rejection_of_another_request),
		TEST(chain_publish__ignores_a_signature_that_comes_too_late),
		TEST(chain_publish__begins_anew_once_one_is_mined),
		TEST(chain_publish__finds_the_one_of_several_that_was_mined),
		TEST(chain_publish__says_that_a_nonce_is_used_by_another),
		TEST(chain_publish__asks_once_where_the_node_gives_no_receipts),
		TEST(chain_publish__raises_nothing_that_it_could_not_ask_for),
		TEST(chain_publish__knows_what_is_sent_by_what_a_node_took),
		TEST(chain_publish__does_not_begin_over_one_that_may_be_sent),
		TEST(chain_publish__is_stuck_at_the_cap_and_not_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
