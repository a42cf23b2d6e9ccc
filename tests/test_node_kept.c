#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/node_kept.h"
#include "tests/must_expected.h"
#include "tests/portfolio_world.h"

static struct usd18
number(uint64_t v)
{
	return usd18_from_raw((i128)v);
}

static bool
is_kept(const struct node_kept *k, const struct node_kept_key *key, uint64_t v)
{
	const struct node_kept_pair *p = node_kept_find(k, key);

	return p != NULL && usd18_compare(p->first, number(v)) == 0 &&
	    usd18_compare(p->second, number(~v)) == 0;
}

static struct point_factor
standing(uint64_t at)
{
	return (struct point_factor){ .at = (enum point_at)(at % 4),
		.fill = (enum point_fill)(at % 3),
		.price = px18_from_raw(at) };
}

/* Every key that differs in one part is another's. */
static void
node_kept_find__tells_keys_apart(void **state)
{
	static struct node_kept k;
	const struct point_factor where = { AT_PRICE, FILL_NONE,
		px18_from_raw(7) };
	const struct point_factor other = { AT_PRICE, FILL_NONE,
		px18_from_raw(8) };
	const struct point_factor mid = { AT_MID, FILL_NONE, { 0 } };
	const struct point_factor filled = { AT_PRICE, FILL_BIDS,
		px18_from_raw(7) };
	struct node_kept_key key;

	(void)state;
	node_kept_init(&k);
	node_kept_begin(&k, NULL, NULL, NULL);
	key = node_kept_key_of(&k, KEPT_DEBT, 3, 5, 1, &where);
	assert_null(node_kept_find(&k, &key));
	node_kept_put(&k, &key, number(1), number(~UINT64_C(1)));
	assert_true(is_kept(&k, &key, 1));
	key = node_kept_key_of(&k, KEPT_DEBT, 3, 5, 1, &filled);
	assert_true(is_kept(&k, &key, 1));
	key = node_kept_key_of(&k, KEPT_OPTION, 3, 5, 1, &where);
	assert_null(node_kept_find(&k, &key));
	key = node_kept_key_of(&k, KEPT_DEBT, 4, 5, 1, &where);
	assert_null(node_kept_find(&k, &key));
	key = node_kept_key_of(&k, KEPT_DEBT, 3, 4, 1, &where);
	assert_null(node_kept_find(&k, &key));
	key = node_kept_key_of(&k, KEPT_DEBT, 3, 5, 0, &where);
	assert_null(node_kept_find(&k, &key));
	key = node_kept_key_of(&k, KEPT_DEBT, 3, 5, 1, &other);
	assert_null(node_kept_find(&k, &key));
	key = node_kept_key_of(&k, KEPT_DEBT, 3, 5, 1, &mid);
	assert_null(node_kept_find(&k, &key));
	assert_int_equal(node_kept_key_of(&k, KEPT_DEBT, 0, UINT16_MAX, 1,
	    &mid).what >> 8, UINT16_MAX);
	expect_assert_failure((void)node_kept_key_of(&k, KEPT_DEBT, 0,
	    UINT16_MAX + 1, 0, &mid));
	expect_assert_failure((void)node_kept_key_of(&k, KEPT_DEBT, 0, 0, 2,
	    &mid));
}

/* Far more than there is room for: what is found is what was put. */
static void
node_kept_find__is_what_was_put_or_nothing(void **state)
{
	static struct node_kept k;
	unsigned found = 0;

	(void)state;
	node_kept_init(&k);
	for (unsigned turn = 0; turn < 3; turn++) {
		node_kept_begin(&k, NULL, NULL, NULL);
		for (uint64_t i = 0; i < 4 * NODE_KEPT_MAX; i++) {
			struct point_factor where = standing(i);
			struct node_kept_key key = node_kept_key_of(&k,
			    (enum node_kept_what)(i % 5), (uint32_t)i / 64,
			    (uint32_t)(i % 64), i & 1, &where);

			assert_null(node_kept_find(&k, &key));
			node_kept_put(&k, &key, number(i + turn),
			    number(~(i + turn)));
			assert_true(is_kept(&k, &key, i + turn));
		}
		for (uint64_t i = 0; i < 4 * NODE_KEPT_MAX; i++) {
			struct point_factor where = standing(i);
			struct node_kept_key key = node_kept_key_of(&k,
			    (enum node_kept_what)(i % 5), (uint32_t)i / 64,
			    (uint32_t)(i % 64), i & 1, &where);

			if (node_kept_find(&k, &key) == NULL)
				continue;
			assert_true(is_kept(&k, &key, i + turn));
			found++;
		}
		node_kept_end(&k);
	}
	/* Most places are in use. */
	assert_true(found > 3 * NODE_KEPT_MAX / 2);
}

/* Of another book, market or rules nothing is kept, nor when it is over. */
static void
snapshot_node__has_what_is_kept_of_its_own_snapshot(void **state)
{
	struct portfolio_world *w = pw_init(3);
	struct snapshot other = w->snapshot;
	static struct market market;
	static struct rules rules;
	struct vault v = pw_vault(w, METHOD_STANDARD);
	uint32_t slot = pw_put(w, &v);

	(void)state;
	assert_null(snapshot_node(&w->snapshot, slot).kept);
	node_kept_begin(&w->work.kept, &w->book, &w->market, &w->rules);
	assert_ptr_equal(snapshot_node(&w->snapshot, slot).kept,
	    &w->work.kept);
	other.market = &market;
	assert_null(snapshot_node(&other, slot).kept);
	other.market = &w->market;
	other.rules = &rules;
	assert_null(snapshot_node(&other, slot).kept);
	expect_assert_failure(node_kept_begin(&w->work.kept, &w->book,
	    &w->market, &w->rules));
	node_kept_end(&w->work.kept);
	assert_null(snapshot_node(&w->snapshot, slot).kept);
	w->snapshot.work = NULL;
	assert_null(snapshot_node(&w->snapshot, slot).kept);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(node_kept_find__tells_keys_apart),
		cmocka_unit_test(node_kept_find__is_what_was_put_or_nothing),
		cmocka_unit_test(
		    snapshot_node__has_what_is_kept_of_its_own_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
