/* Who has which verdict slot: random takes, releases and changes against a
 * list that is searched whole each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/slots.h"

#define CAPACITY 64u
#define MAX 50u
#define OWNERS 200u
#define STEPS 200000

static struct slots s;

/* By owner: the slot, or SLOTS_NONE. */
static uint32_t slot_of[OWNERS];
static struct slots_badness badness[OWNERS];
static uint64_t seed = 88172645463325252u;

static uint64_t
random_below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static struct slots_badness
random_badness(void)
{
	return (struct slots_badness){ (uint8_t)(1 + random_below(4)),
		wad_from_raw(random_below(20)) };
}

/* Of the two, whether a gives way before b. */
static bool
is_milder(uint32_t a, uint32_t b)
{
	if (badness[a].state != badness[b].state)
		return badness[a].state < badness[b].state;
	if (wad_compare(badness[a].health, badness[b].health) != 0)
		return wad_compare(badness[a].health, badness[b].health) > 0;
	return slot_of[a] < slot_of[b];
}

static uint32_t
mildest(void)
{
	uint32_t least = SLOTS_NONE;

	for (uint32_t i = 0; i < OWNERS; i++)
		if (slot_of[i] != SLOTS_NONE &&
		    (least == SLOTS_NONE || is_milder(i, least)))
			least = i;
	return least;
}

static uint32_t
placed(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < OWNERS; i++)
		n += slot_of[i] != SLOTS_NONE;
	return n;
}

static void
take(uint32_t owner)
{
	struct slots_badness b = random_badness();
	uint32_t least = placed() == MAX ? mildest() : SLOTS_NONE;
	uint32_t evicted, at;
	bool is_worse = true;

	if (least != SLOTS_NONE)
		is_worse = b.state != badness[least].state ?
		    b.state > badness[least].state :
		    wad_compare(b.health, badness[least].health) < 0;
	at = slots_take(&s, owner, b, &evicted);
	if (!is_worse) {
		assert_int_equal(at, SLOTS_NONE);
		assert_int_equal(evicted, SLOTS_NONE);
		return;
	}
	assert_int_equal(evicted, least);
	assert_true(at < CAPACITY && s.owner[at] == owner);
	if (least != SLOTS_NONE) {
		assert_int_equal(at, slot_of[least]);
		slot_of[least] = SLOTS_NONE;
	}
	for (uint32_t i = 0; i < OWNERS; i++)
		assert_true(slot_of[i] != at);
	slot_of[owner] = at;
	badness[owner] = b;
}

static void
slots_take__evicts_the_least_bad_when_full(void **state)
{
	uint32_t full = 0;

	(void)state;
	memset(slot_of, 0xff, sizeof(slot_of));
	assert_int_equal(slots_create(&s, CAPACITY, MAX), ERR_OK);
	for (int i = 0; i < STEPS; i++) {
		uint32_t owner = (uint32_t)random_below(OWNERS);

		if (slot_of[owner] == SLOTS_NONE) {
			take(owner);
		} else if (random_below(4) == 0) {
			slots_release(&s, slot_of[owner]);
			slot_of[owner] = SLOTS_NONE;
		} else {
			badness[owner] = random_badness();
			slots_value(&s, slot_of[owner], badness[owner]);
		}
		assert_int_equal(s.count, placed());
		assert_true(s.used <= MAX);
		full += s.count == MAX;
	}
	assert_true(full > STEPS / 10 && s.refused > 0);
	slots_free(&s);
}

static void
slots_take__gives_a_freed_slot_again(void **state)
{
	struct slots_badness b = { 4, wad_one() };
	uint32_t none, first, second;

	(void)state;
	assert_int_equal(slots_create(&s, 4, 4), ERR_OK);
	first = slots_take(&s, 7, b, &none);
	second = slots_take(&s, 8, b, &none);
	assert_int_equal(first, 0);
	assert_int_equal(second, 1);
	slots_release(&s, first);
	assert_int_equal(s.owner[first], SLOTS_NONE);
	assert_int_equal(slots_take(&s, 9, b, &none), first);
	assert_int_equal(s.used, 2);
	slots_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_take__evicts_the_least_bad_when_full),
		cmocka_unit_test(slots_take__gives_a_freed_slot_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
