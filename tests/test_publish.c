#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/price.h"
#include "chain/publish.h"

#define GWEI ((u128)1000000000u)

static const struct publish_fees caps = { 100 * GWEI, 3 * GWEI };

static void
publish_fees_first__offers_twice_the_base_fee_and_a_tip(void **state)
{
	struct publish_fees f;

	(void)state;
	assert_int_equal(publish_fees_first(&f, 10 * GWEI, 1 * GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == 21 * GWEI && f.priority_wei == GWEI);
}

static void
publish_fees_first__stays_below_both_caps(void **state)
{
	/* The most of which an eighth more is below 100 gwei, and 3. */
	const u128 fee = 88888888888u, tip = 2666666666u;
	struct publish_fees f;

	(void)state;
	assert_int_equal(publish_fees_first(&f, 60 * GWEI, 9 * GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == fee && f.priority_wei == tip);
	assert_int_equal(publish_fees_first(&f, fee - GWEI, GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == fee && f.priority_wei == GWEI);
	/* No less than the base fee and the tip: the cap, without room. */
	assert_int_equal(publish_fees_first(&f, fee - GWEI + 1, GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == 100 * GWEI && f.priority_wei == GWEI);
	assert_int_equal(publish_fees_first(&f, 100 * GWEI - 1, GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == 100 * GWEI);
	assert_int_equal(publish_fees_first(&f, 100 * GWEI, GWEI, &caps),
	    ERR_LIMIT);
}

static void
publish_fees_first__leaves_room_for_a_raise_under_any_cap(void **state)
{
	struct publish_fees f, next;

	(void)state;
	for (u128 cap = 1; cap < 60; cap++)
		for (u128 cap_tip = 0; cap_tip <= cap; cap_tip++)
			for (u128 tip = 0; tip <= cap_tip + 1; tip++) {
				struct publish_fees c = { cap, cap_tip };

				assert_int_equal(publish_fees_first(&f, 0, tip,
				    &c), ERR_OK);
				assert_true(f.max_fee_wei <= cap);
				assert_true(f.priority_wei <= cap_tip);
				assert_true(f.priority_wei <= f.max_fee_wei);
				assert_int_equal(publish_fees_raise(&next, &f,
				    &c), cap_tip > 0 ? ERR_OK : ERR_LIMIT);
				/* And it is the most that does. */
				f.priority_wei++;
				if (f.priority_wei <= tip && cap_tip > 0)
					assert_int_equal(publish_fees_raise(
					    &next, &f, &c), ERR_LIMIT);
			}
}

static void
publish_fees__do_not_wrap_at_the_top_of_the_type(void **state)
{
	const u128 most = ~(u128)0;
	const struct publish_fees c = { most, most };
	struct publish_fees f = { most, most }, next = { 7, 7 };

	(void)state;
	assert_int_equal(publish_fees_raise(&next, &f, &c), ERR_LIMIT);
	assert_true(next.max_fee_wei == 7 && next.priority_wei == 7);
	assert_int_equal(publish_fees_first(&f, most - 1, most, &c), ERR_OK);
	assert_true(f.max_fee_wei == most && f.priority_wei < most);
}

static void
publish_fees_raise__adds_an_eighth_at_least_until_the_cap(void **state)
{
	struct publish_fees f = { 10 * GWEI, GWEI }, next;
	unsigned raised = 0;

	(void)state;
	while (publish_fees_raise(&next, &f, &caps) == ERR_OK) {
		assert_true(8 * next.max_fee_wei >= 9 * f.max_fee_wei);
		assert_true(8 * next.priority_wei >= 9 * f.priority_wei);
		f = next;
		raised++;
	}
	/* 1 gwei to 3 gwei by eighths: nine steps. */
	assert_int_equal(raised, 9);
	assert_true(f.max_fee_wei <= caps.max_fee_wei);
	assert_true(f.priority_wei <= caps.priority_wei);
}

static void
publish_begin__is_held_at_the_cap(void **state)
{
	struct publish_tx tx = { .nonce = 9 };

	(void)state;
	assert_int_equal(publish_begin(&tx, 3, 100 * GWEI, GWEI, &caps),
	    PUBLISH_HELD);
	assert_true(publish_is_idle(&tx) && tx.nonce == 9);
	assert_int_equal(publish_begin(&tx, 3, 10 * GWEI, GWEI, &caps),
	    PUBLISH_ASK);
	assert_true(tx.fees.max_fee_wei == 21 * GWEI && tx.nonce == 3);
}

/* What happens to one of nonce 3, whose first offer can be raised twice.  A
 * step is at a block; what the machine says of it, whether one is under way
 * then, and how often the fees are raised that it offers. */
enum event {
	END, ASKED, UNSIGNED, TAKEN, UNSURE, BEATEN, REFUSED,
	LOOK,			/* the nonce is not used */
	LOOK_USED,		/* it is */
	UNFOUND,
};
struct step {
	enum event event;
	uint64_t block;
	enum publish_act act;	/* of LOOK, LOOK_USED, UNFOUND */
	bool is_sent;
	unsigned raised;
	bool replaces;		/* of TAKEN */
};
#define ACT(event, block, act, raised) \
	{ event, block, act, true, raised, false }
#define IS_SENT(event, block, raised) { event, block, 0, true, raised, false }
#define IS_IDLE(event, block) { event, block, 0, false, 0, false }
#define REPLACES(block, raised) { TAKEN, block, 0, true, raised, true }
#define FIRST IS_IDLE(ASKED, 7)
#define FIRST_TAKEN FIRST, IS_SENT(TAKEN, 7, 0)
static const struct steps {
	const char *what;
	struct step step[24];
} TABLE[] = {
	{ "waits two blocks, then raises", {
	    FIRST_TAKEN, ACT(LOOK, 7, PUBLISH_WAIT, 0),
	    ACT(LOOK, 8, PUBLISH_WAIT, 0), ACT(LOOK, 9, PUBLISH_ASK, 1),
	    IS_SENT(ASKED, 9, 1), REPLACES(9, 1),
	    ACT(LOOK, 10, PUBLISH_WAIT, 1), ACT(LOOK, 11, PUBLISH_ASK, 2) } },
	{ "one that is stuck is said once in two blocks, for the same", {
	    FIRST_TAKEN, ACT(LOOK, 9, PUBLISH_ASK, 1), IS_SENT(ASKED, 9, 1),
	    REPLACES(9, 1), ACT(LOOK, 11, PUBLISH_ASK, 2),
	    IS_SENT(ASKED, 11, 2), REPLACES(11, 2),
	    ACT(LOOK, 13, PUBLISH_STUCK, 2), ACT(LOOK, 14, PUBLISH_WAIT, 2),
	    ACT(LOOK, 15, PUBLISH_STUCK, 2), IS_SENT(ASKED, 15, 2),
	    IS_SENT(BEATEN, 15, 2), ACT(LOOK, 17, PUBLISH_STUCK, 2),
	    IS_SENT(ASKED, 17, 2), REPLACES(17, 2) } },
	{ "what could not be asked for is not offered: no raise a turn", {
	    FIRST_TAKEN, ACT(LOOK, 9, PUBLISH_ASK, 1),
	    ACT(LOOK, 9, PUBLISH_WAIT, 1), ACT(LOOK, 10, PUBLISH_WAIT, 1),
	    ACT(LOOK, 11, PUBLISH_ASK, 1), ACT(LOOK, 13, PUBLISH_ASK, 1) } },
	{ "what the signer refuses leaves the one before, for the same", {
	    FIRST_TAKEN, ACT(LOOK, 9, PUBLISH_ASK, 1), IS_SENT(ASKED, 9, 1),
	    IS_SENT(UNSIGNED, 10, 1), ACT(LOOK, 11, PUBLISH_WAIT, 1),
	    ACT(LOOK, 12, PUBLISH_ASK, 1), IS_SENT(ASKED, 12, 1),
	    REPLACES(12, 1), ACT(LOOK, 14, PUBLISH_ASK, 2) } },
	{ "what a node refuses leaves the one before, and offers more", {
	    FIRST_TAKEN, ACT(LOOK, 9, PUBLISH_ASK, 1), IS_SENT(ASKED, 9, 1),
	    IS_SENT(REFUSED, 9, 1), ACT(LOOK, 10, PUBLISH_WAIT, 1),
	    ACT(LOOK, 11, PUBLISH_ASK, 2), IS_SENT(ASKED, 11, 2),
	    IS_SENT(UNSURE, 11, 2), ACT(LOOK, 13, PUBLISH_STUCK, 2) } },
	{ "nothing is under way of what nobody saw", {
	    FIRST, IS_IDLE(UNSIGNED, 7) } },
	{ "nor of what a node refused", {
	    FIRST, IS_IDLE(REFUSED, 7) } },
	{ "an answer that says nothing may be one that took it", {
	    FIRST, IS_SENT(UNSURE, 7, 0), ACT(LOOK, 8, PUBLISH_WAIT, 0),
	    ACT(LOOK, 9, PUBLISH_ASK, 1), IS_SENT(ASKED, 9, 1),
	    REPLACES(9, 1) } },
	{ "a node has one of an earlier life: it is outbid", {
	    FIRST, IS_SENT(BEATEN, 7, 0), ACT(LOOK, 9, PUBLISH_ASK, 1),
	    IS_SENT(ASKED, 9, 1), REPLACES(9, 1) } },
	{ "a used nonce without a receipt is given up after two blocks", {
	    FIRST_TAKEN, ACT(LOOK_USED, 8, PUBLISH_USED, 0),
	    ACT(UNFOUND, 8, PUBLISH_WAIT, 0),
	    ACT(LOOK_USED, 9, PUBLISH_USED, 0),
	    ACT(UNFOUND, 9, PUBLISH_WAIT, 0),
	    ACT(LOOK_USED, 10, PUBLISH_USED, 0),
	    { UNFOUND, 10, PUBLISH_GONE, false, 0, false } } },
	{ "a nonce that is used no more is raised again", {
	    FIRST_TAKEN, ACT(LOOK_USED, 9, PUBLISH_USED, 0),
	    ACT(UNFOUND, 9, PUBLISH_WAIT, 0), ACT(LOOK, 10, PUBLISH_ASK, 1),
	    IS_SENT(ASKED, 10, 1), REPLACES(10, 1),
	    ACT(LOOK_USED, 20, PUBLISH_USED, 1),
	    ACT(UNFOUND, 21, PUBLISH_WAIT, 1),
	    { UNFOUND, 22, PUBLISH_GONE, false, 1, false } } },
};

static const struct publish_fees narrow = { 200 * GWEI, 2531250002u };
static uint64_t ids;

static struct b32
hash_of(uint64_t n)
{
	struct b32 h = { { 0 } };

	memcpy(h.b, &n, sizeof(n));
	return h;
}

static bool
shown_as(struct publish_tx *tx, enum publish_answer answer, uint64_t block)
{
	struct b32 hash = hash_of(tx->id);

	return publish_shown(tx, &hash, answer, block);
}

static void
step_take(struct publish_tx *tx, const struct step *s)
{
	switch (s->event) {
	case END:
		break;
	case ASKED:
		ids++;
		publish_asked(tx, ids, 1000, 70 + ids, PRICE_OK);
		break;
	case UNSIGNED:
		publish_unsigned(tx, s->block);
		break;
	case TAKEN:
		assert_int_equal(shown_as(tx, PUBLISH_TAKEN, s->block),
		    s->replaces);
		break;
	case UNSURE:
		assert_false(shown_as(tx, PUBLISH_UNSURE, s->block));
		break;
	case BEATEN:
		assert_false(shown_as(tx, PUBLISH_BEATEN, s->block));
		break;
	case REFUSED:
		assert_false(shown_as(tx, PUBLISH_REFUSED, s->block));
		break;
	case LOOK:
		assert_int_equal(publish_look(tx, 3, s->block, &narrow),
		    s->act);
		break;
	case LOOK_USED:
		assert_int_equal(publish_look(tx, 4, s->block, &narrow),
		    s->act);
		break;
	case UNFOUND:
		assert_int_equal(publish_unfound(tx, s->block), s->act);
		break;
	}
}

static void
publish_tx__does_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(TABLE); i++) {
		struct publish_tx tx = { 0 };
		const struct step *s = TABLE[i].step;
		struct publish_fees f[3];

		assert_int_equal(publish_begin(&tx, 3, 10 * GWEI, 2 * GWEI,
		    &narrow), PUBLISH_ASK);
		f[0] = tx.fees;
		for (size_t n = 0; n < 2; n++)
			assert_int_equal(publish_fees_raise(&f[n + 1], &f[n],
			    &narrow), ERR_OK);
		for (; s->event != END; s++) {
			step_take(&tx, s);
			if (tx.is_sent != s->is_sent ||
			    tx.fees.priority_wei != f[s->raised].priority_wei)
				fail_msg("%s: step %d", TABLE[i].what,
				    (int)(s - TABLE[i].step));
			assert_true(tx.fees.max_fee_wei ==
			    f[s->raised].max_fee_wei);
			assert_int_equal(tx.is_asked, s->event == ASKED);
		}
	}
}

static void
publish_is_answer__is_false_for_one_that_was_given_up(void **state)
{
	struct publish_tx tx = { 0 };

	(void)state;
	assert_int_equal(publish_begin(&tx, 3, GWEI, GWEI, &caps), PUBLISH_ASK);
	assert_false(publish_is_answer(&tx, 0));
	publish_asked(&tx, 5, 1000, 70, PRICE_OK);
	assert_false(publish_is_answer(&tx, 4));
	assert_true(publish_is_answer(&tx, 5));
	assert_false(publish_is_overdue(&tx, 1000 + PUBLISH_SIGNER_MS));
	assert_true(publish_is_overdue(&tx, 1001 + PUBLISH_SIGNER_MS));
	publish_unsigned(&tx, 7);
	assert_false(publish_is_answer(&tx, 5));
	assert_false(publish_is_overdue(&tx, 99999));
}

static void
publish_mined__says_which_one_was_published_last(void **state)
{
	struct publish_state s = { true, 1000, 80, PRICE_REFUSED };
	struct publish_tx tx = { 0 };

	(void)state;
	assert_int_equal(publish_begin(&tx, 3, GWEI, GWEI, &caps), PUBLISH_ASK);
	for (uint64_t i = 0; i < 3; i++) {
		publish_asked(&tx, i, 1000, 70 + i, i < 2 ? PRICE_OK :
		    PRICE_REFUSED);
		shown_as(&tx, PUBLISH_TAKEN, 7);
	}
	assert_int_equal(tx.count, 3);
	publish_mined(&s, &tx, 1);
	assert_true(publish_is_idle(&tx));
	assert_int_equal(s.last_sequence, 71);
	/* The refusal was not the one that was mined: it is due at once. */
	assert_true(publish_is_due(&s, 72, PRICE_REFUSED, 1001, 10000));
	/* And nothing is kept of it for the next. */
	assert_int_equal(publish_begin(&tx, 4, GWEI, GWEI, &caps), PUBLISH_ASK);
	publish_asked(&tx, 9, 1000, 72, PRICE_REFUSED);
	publish_unsigned(&tx, 9);
	assert_true(publish_is_idle(&tx) && tx.count == 0);
}

static bool
is_kept(const struct publish_tx *tx, uint64_t id)
{
	struct b32 hash = hash_of(id);

	for (size_t i = 0; i < tx->count; i++)
		if (memcmp(&tx->one[i].hash, &hash, sizeof(hash)) == 0)
			return true;
	return false;
}

static void
publish_shown__forgets_first_what_a_node_said_it_has_not(void **state)
{
	struct publish_tx tx = { 0 };

	(void)state;
	assert_int_equal(publish_begin(&tx, 3, GWEI, GWEI, &caps), PUBLISH_ASK);
	for (uint64_t i = 0; i < PUBLISH_KEPT; i++) {
		publish_asked(&tx, i, 0, i, PRICE_OK);
		shown_as(&tx, i == 5 ? PUBLISH_BEATEN : i == 9 ?
		    PUBLISH_REFUSED : i == 2 ? PUBLISH_UNSURE : PUBLISH_TAKEN,
		    7);
	}
	for (uint64_t i = PUBLISH_KEPT; i < PUBLISH_KEPT + 4; i++) {
		static const uint64_t out[] = { 5, 9, 0, 1 };

		assert_true(is_kept(&tx, out[i - PUBLISH_KEPT]));
		publish_asked(&tx, i, 0, i, PRICE_OK);
		shown_as(&tx, PUBLISH_TAKEN, 7);
		assert_int_equal(tx.count, PUBLISH_KEPT);
		assert_false(is_kept(&tx, out[i - PUBLISH_KEPT]));
		assert_true(is_kept(&tx, 2) && is_kept(&tx, i));
	}
	assert_int_equal(tx.one[PUBLISH_KEPT - 1].sequence, PUBLISH_KEPT + 3);
}

static void
publish_shown__keeps_the_same_bytes_once(void **state)
{
	struct publish_tx tx = { 0 };

	(void)state;
	assert_int_equal(publish_begin(&tx, 3, GWEI, GWEI, &caps), PUBLISH_ASK);
	publish_asked(&tx, 1, 0, 70, PRICE_OK);
	shown_as(&tx, PUBLISH_UNSURE, 7);
	publish_asked(&tx, 1, 0, 70, PRICE_OK);
	shown_as(&tx, PUBLISH_TAKEN, 9);
	publish_asked(&tx, 1, 0, 70, PRICE_OK);
	shown_as(&tx, PUBLISH_BEATEN, 11);
	assert_int_equal(tx.count, 1);
	assert_int_equal(tx.one[0].answer, PUBLISH_TAKEN);
}

/* A world of nodes of which any may have taken what it was shown without
 * saying that it refuses it. */
struct walk {
	struct publish_tx tx;
	struct publish_state published;
	struct publish_fees most;
	bool may_be_sent, is_same;
	uint64_t nonce, block, seed, raises, ends;
};

static uint64_t
walk_random(struct walk *w, uint64_t below)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed % below;
}

static void
walk_show(struct walk *w)
{
	enum publish_answer answer = (enum publish_answer)walk_random(w, 4);
	struct publish_fees f = w->tx.fees;

	assert_true(f.max_fee_wei <= caps.max_fee_wei);
	assert_true(f.priority_wei <= caps.priority_wei);
	if (w->may_be_sent && w->is_same)
		assert_memory_equal(&f, &w->most, sizeof(f));
	else if (w->may_be_sent) {
		assert_true(8 * f.max_fee_wei >= 9 * w->most.max_fee_wei);
		assert_true(8 * f.priority_wei >= 9 * w->most.priority_wei);
		w->raises++;
	}
	w->most = f;
	shown_as(&w->tx, answer, w->block);
	w->may_be_sent = w->may_be_sent || answer != PUBLISH_REFUSED;
}

static void
walk_step(struct walk *w)
{
	enum publish_act act = PUBLISH_WAIT;

	w->block += walk_random(w, 2);
	assert_int_equal(w->tx.is_sent, w->may_be_sent);
	if (w->tx.is_asked) {
		if (walk_random(w, 3) == 0)
			publish_unsigned(&w->tx, w->block);
		else
			walk_show(w);
		return;
	}
	if (publish_is_idle(&w->tx)) {
		w->is_same = false;
		act = publish_begin(&w->tx, w->nonce, walk_random(w, 90) *
		    GWEI, walk_random(w, 40) * GWEI / 10, &caps);
	} else {
		bool is_used = walk_random(w, 40) == 0;

		act = publish_look(&w->tx, w->nonce + is_used, w->block, &caps);
		assert_int_equal(act == PUBLISH_USED, is_used);
		w->is_same = act == PUBLISH_STUCK;
		if (is_used && walk_random(w, 2) == 0)
			publish_mined(&w->published, &w->tx,
			    walk_random(w, w->tx.count));
		else if (is_used && publish_unfound(&w->tx, w->block +
		    walk_random(w, 3)) == PUBLISH_WAIT)
			return;
		if (is_used) {
			w->nonce++;
			w->ends++;
			w->may_be_sent = false;
		}
	}
	if ((act == PUBLISH_ASK || act == PUBLISH_STUCK) &&
	    walk_random(w, 8) != 0) {
		ids++;
		publish_asked(&w->tx, ids, 0, ids, PRICE_OK);
	}
}

static void
publish_tx__never_offers_less_nor_begins_over_one_sent(void **state)
{
	struct walk w = { .seed = 0x9e3779b97f4a7c15u };

	(void)state;
	for (unsigned i = 0; i < 200000; i++)
		walk_step(&w);
	assert_true(w.raises > 1000 && w.ends > 1000);
}

static void
publish_is_due__first_interval_and_refusals(void **state)
{
	struct publish_state s = { 0 };

	(void)state;
	assert_true(publish_is_due(&s, 7, PRICE_OK, 1000, 10000));
	s = (struct publish_state){ true, 1000, 7, PRICE_OK };
	assert_false(publish_is_due(&s, 8, PRICE_OK, 10999, 10000));
	assert_true(publish_is_due(&s, 8, PRICE_OK, 11000, 10000));
	assert_false(publish_is_due(&s, 7, PRICE_OK, 99999, 10000));
	assert_false(publish_is_due(&s, 8, PRICE_DEGRADED, 1001, 10000));
	assert_true(publish_is_due(&s, 8, PRICE_REFUSED, 1001, 10000));
	s.last_status = PRICE_REFUSED;
	assert_true(publish_is_due(&s, 8, PRICE_OK, 1001, 10000));
	assert_false(publish_is_due(&s, 8, PRICE_REFUSED, 1001, 10000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    publish_fees_first__offers_twice_the_base_fee_and_a_tip),
		cmocka_unit_test(publish_fees_first__stays_below_both_caps),
		cmocka_unit_test(
		    publish_fees_raise__adds_an_eighth_at_least_until_the_cap),
		cmocka_unit_test(
		    publish_fees_first__leaves_room_for_a_raise_under_any_cap),
		cmocka_unit_test(
		    publish_fees__do_not_wrap_at_the_top_of_the_type),
		cmocka_unit_test(publish_begin__is_held_at_the_cap),
		cmocka_unit_test(publish_tx__does_what_the_table_says),
		cmocka_unit_test(
		    publish_is_answer__is_false_for_one_that_was_given_up),
		cmocka_unit_test(
		    publish_mined__says_which_one_was_published_last),
		cmocka_unit_test(
		    publish_shown__forgets_first_what_a_node_said_it_has_not),
		cmocka_unit_test(publish_shown__keeps_the_same_bytes_once),
		cmocka_unit_test(
		    publish_tx__never_offers_less_nor_begins_over_one_sent),
		cmocka_unit_test(publish_is_due__first_interval_and_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
