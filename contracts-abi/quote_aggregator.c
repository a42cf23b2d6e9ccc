/* The answer of a Chainlink feed.
 *
 * What stands behind the proxy says its least value for everything below it,
 * and its most for everything above: an answer at a bound is none (feeds of
 * LUNA stood at 0.107 on 12 May 2022).  A contract that only speaks the
 * interface has nobody behind it and no bounds. */
#include "contracts-abi/quote_aggregator.h"

/* Places in the first round, and in the second. */
enum { CALL_ANSWER, CALL_DECIMALS, CALL_BEHIND };
enum { CALL_LEAST, CALL_MOST };

void
quote_aggregator_ask(struct quote_work *w)
{
	const struct addr *proxy = &w->source->contract;

	if (w->round == 0) {
		quote_call_add(w, proxy, "latestRoundData()", NULL, 0);
		quote_call_add(w, proxy, "decimals()", NULL, 0);
		quote_call_add(w, proxy, "aggregator()", NULL, 0);
		return;
	}
	quote_call_add(w, &w->token[0], "minAnswer()", NULL, 0);
	quote_call_add(w, &w->token[0], "maxAnswer()", NULL, 0);
}

static enum quote_refusal
answer_take(struct quote_work *w)
{
	struct abi_reader r;
	u128 round, updated, answered_in, value;
	unsigned decimals;
	enum quote_refusal q = quote_read_open(&r, w, CALL_ANSWER);

	if (q != QUOTE_OK)
		return q;
	round = abi_read_uint(&r, 80, ERR_SYNTAX);
	w->answer = abi_read_int(&r, ERR_RANGE);
	(void)abi_read_b32(&r);		/* startedAt means nothing here */
	updated = abi_read_uint(&r, 128, ERR_RANGE);
	answered_in = abi_read_uint(&r, 80, ERR_SYNTAX);
	if (abi_read_close(&r) != ERR_OK)
		return r.error == ERR_RANGE ? QUOTE_RANGE : QUOTE_MALFORMED;
	q = quote_read_decimals(&decimals, w, CALL_DECIMALS);
	if (q != QUOTE_OK)
		return q;
	if (w->answer <= 0)
		return QUOTE_NOT_POSITIVE;
	if (answered_in < round)
		return QUOTE_OLD_ROUND;
	if (updated == 0)
		return QUOTE_UNTIMED;
	if (updated > w->block_s)
		return QUOTE_FUTURE;
	q = quote_scale(&value, (u128)w->answer, decimals);
	if (q == QUOTE_OK)
		w->held = (struct quote){ value, (uint64_t)updated * 1000 };
	return q;
}

/* Who stands behind a proxy; false for a contract that has nobody. */
static bool
behind_read(struct quote_work *w)
{
	struct abi_reader r;

	if (quote_read_open(&r, w, CALL_BEHIND) != QUOTE_OK)
		return false;
	w->token[0] = abi_read_addr(&r);
	return abi_read_close(&r) == ERR_OK;
}

/* A bound that is not told is none. */
static bool
bound_read(i128 *out, const struct quote_work *w, size_t i)
{
	struct abi_reader r;

	if (quote_read_open(&r, w, i) != QUOTE_OK)
		return false;
	*out = abi_read_int(&r, ERR_RANGE);
	return abi_read_close(&r) == ERR_OK;
}

enum quote_refusal
quote_aggregator_take(struct quote *out, struct quote_work *w)
{
	enum quote_refusal q;
	i128 bound;

	if (w->round == 1) {
		q = answer_take(w);
		if (q != QUOTE_OK || behind_read(w))
			return q;
		w->round = QUOTE_ROUNDS_MAX;	/* that was all */
	} else if ((bound_read(&bound, w, CALL_LEAST) &&
	    w->answer <= bound) || (bound_read(&bound, w, CALL_MOST) &&
	    w->answer >= bound)) {
		return QUOTE_BOUND;
	}
	*out = w->held;
	return QUOTE_OK;
}
