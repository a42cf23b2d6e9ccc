#include "oracle/policy.h"

#include "base/must.h"

#include <string.h>

/* Selector of submit(Attestation,uint256,bytes): the one call that the gas
 * key pays for. */
static const uint8_t selector_submit[4] = { 0xaa, 0xe8, 0x9e, 0x04 };

const char *
policy_rule_name(enum policy_rule r)
{
	switch (r) {
	case RULE_NONE: return "none";
	case RULE_PAUSED: return "paused";
	case RULE_SEQUENCE_OLD: return "sequence_old";
	case RULE_SEQUENCE_AHEAD: return "sequence_ahead";
	case RULE_AS_OF_OLD: return "as_of_old";
	case RULE_AS_OF_CLOCK: return "as_of_clock";
	case RULE_VALIDITY: return "validity";
	case RULE_REASON: return "reason";
	case RULE_COUNT: return "count";
	case RULE_SLOT: return "slot";
	case RULE_WORD: return "word";
	case RULE_LEAF: return "leaf";
	case RULE_DUPLICATE_VAULT: return "duplicate_vault";
	case RULE_PROTOCOL: return "protocol";
	case RULE_TX_DISABLED: return "tx_disabled";
	case RULE_TX_CHAIN: return "tx_chain";
	case RULE_TX_TYPE: return "tx_type";
	case RULE_TX_DESTINATION: return "tx_destination";
	case RULE_TX_SELECTOR: return "tx_selector";
	case RULE_TX_VALUE: return "tx_value";
	case RULE_TX_FEE: return "tx_fee";
	case RULE_TX_GAS: return "tx_gas";
	case RULE_TX_BUDGET: return "tx_budget";
	case RULE_TX_NONCE: return "tx_nonce";
	case RULE_STATE: return "state";
	}
	return "unnamed";
}

uint32_t
policy_bound_ppb(const struct config_policy *c, uint64_t elapsed_ms)
{
	u128 bound = c->bound_base_ppb +
	    (u128)c->bound_per_second_ppb * elapsed_ms / 1000u;

	return bound < c->bound_max_ppb ? (uint32_t)bound : c->bound_max_ppb;
}

static uint32_t
bound_since(const struct config_policy *c, uint64_t then_ms, uint64_t as_of)
{
	return policy_bound_ppb(c, as_of > then_ms ? as_of - then_ms : 0);
}

/* The furthest prices from the reference that may be signed at as_of. */
struct price_bounds {
	u128 lowest, highest;
};

static struct price_bounds
bounds_around(const struct policy_price *last, uint64_t as_of,
    const struct config_policy *c)
{
	uint32_t bound = bound_since(c, last->reference_as_of, as_of);
	struct price_bounds b = { 0, U128_MAX };

	/* Rounded towards the reference: exactly |price - reference| <=
	 * reference * bound.  A bound above the type does not bound. */
	if (bound < PPB_ONE_RAW)
		MUST(muldiv_u128(&b.lowest, last->reference,
		    PPB_ONE_RAW - bound, PPB_ONE_RAW, ROUND_CEIL) == ERR_OK);
	if (muldiv_u128(&b.highest, last->reference, (u128)PPB_ONE_RAW + bound,
	    PPB_ONE_RAW, ROUND_FLOOR) != ERR_OK)
		b.highest = U128_MAX;
	/* A price of a few units of the last decimal can move by one. */
	if (b.lowest == last->reference && b.lowest > 0)
		b.lowest--;
	if (b.highest == last->reference && b.highest < U128_MAX)
		b.highest++;
	return b;
}

static enum err
word_read(struct price *out, const struct b32 *word)
{
	struct price p;

	if (price_word_unpack(&p, word) != ERR_OK || p.reason > REASON_RATE)
		return ERR_SYNTAX;
	if (p.status == PRICE_OK && p.reason != REASON_NONE)
		return ERR_SYNTAX;
	*out = p;
	return ERR_OK;
}

enum err
policy_bound_word(struct b32 *word, const struct policy_price *last,
    uint64_t as_of, const struct config_policy *c)
{
	struct price p;
	enum err e = word_read(&p, word);

	if (e != ERR_OK)
		return e;
	if (p.status != PRICE_REFUSED) {
		struct price_bounds b = bounds_around(last, as_of, c);
		u128 mid = px18_to_raw(p.mid);

		if (last->reference == 0 ||
		    (mid >= b.lowest && mid <= b.highest))
			return ERR_OK;
		p.status = PRICE_REFUSED;
		p.reason = REASON_BOUND;
	}
	if (px18_up_ppb(&p.high, px18_from_raw(last->ok_high), ppb_from_raw(
	    bound_since(c, last->ok_as_of, as_of))) != ERR_OK)
		p.high = px18_from_raw(U128_MAX);
	return price_word_pack(word, &p);
}

void
policy_note_word(struct policy_price *last, const struct b32 *word,
    const struct b32 *proposed, uint64_t as_of, const struct config_policy *c)
{
	struct price is, was;

	bool may_move;

	MUST(word_read(&is, word) == ERR_OK);
	MUST(word_read(&was, proposed) == ERR_OK);
	if (is.status != PRICE_REFUSED) {
		last->ok_high = px18_to_raw(is.high);
		last->ok_as_of = as_of;
	}
	may_move = last->reference == 0 ||
	    as_of >= last->reference_as_of + POLICY_REFERENCE_MS;
	if (!may_move || was.status == PRICE_REFUSED)
		return;
	if (is.status != PRICE_REFUSED) {
		last->reference = px18_to_raw(is.mid);
	} else {
		struct price_bounds b = bounds_around(last, as_of, c);

		last->reference = px18_to_raw(was.mid) < b.lowest ? b.lowest :
		    b.highest;
	}
	last->reference_as_of = as_of;
}

static enum policy_rule
header_clock(const struct policy_state *s, const struct wire_begin *b,
    uint64_t now_ms)
{
	if (b->sequence <= s->last_sequence)
		return RULE_SEQUENCE_OLD;
	if (b->sequence > ((u128)now_ms + POLICY_CLOCK_MS) *
	    POLICY_SEQUENCE_PER_MS)
		return RULE_SEQUENCE_AHEAD;
	if (b->as_of <= s->last_as_of)
		return RULE_AS_OF_OLD;
	if (b->as_of > now_ms ? b->as_of - now_ms > POLICY_CLOCK_MS :
	    now_ms - b->as_of > POLICY_CLOCK_MS)
		return RULE_AS_OF_CLOCK;
	return RULE_NONE;
}

enum policy_rule
policy_header(const struct policy_state *s, const struct wire_begin *b,
    uint64_t now_ms, const struct config_policy *c)
{
	enum policy_rule r;

	if (s->is_paused)
		return RULE_PAUSED;
	if ((r = header_clock(s, b, now_ms)) != RULE_NONE)
		return r;
	if (b->valid_until <= b->as_of ||
	    b->valid_until - b->as_of > c->validity_max_ms)
		return RULE_VALIDITY;
	/* PAUSED is the signer's own to say. */
	if (b->header_reason != REASON_NONE &&
	    b->header_reason != REASON_CLOCK &&
	    b->header_reason != REASON_HEAD &&
	    b->header_reason != REASON_RULES)
		return RULE_REASON;
	if (b->asset_count == 0 || b->asset_count > BOOK_ASSETS_MAX ||
	    b->word_count > b->asset_count || b->is_first > 1 ||
	    (b->is_first == 1 && b->word_count != b->asset_count))
		return RULE_COUNT;
	return RULE_NONE;
}

uint64_t
policy_first_sequence(uint64_t last_sequence, uint64_t now_ms)
{
	u128 clock = (u128)now_ms * POLICY_SEQUENCE_PER_MS;
	u128 next = (u128)last_sequence + 1;

	MUST(clock <= UINT64_MAX && next <= UINT64_MAX);
	return (uint64_t)(next > clock ? next : clock);
}

static enum policy_rule
tx_fees(const struct wire_tx_request *t, const struct config_gas *c)
{
	u128 fee = wire_to_u128(t->max_fee_wei);
	u128 tip = wire_to_u128(t->max_priority_fee_wei);

	if (fee == 0 || fee > c->max_fee_wei || tip > fee)
		return RULE_TX_FEE;
	if (t->type == TX_LEGACY ? tip != 0 : tip > c->max_priority_fee_wei)
		return RULE_TX_FEE;
	if (t->gas_limit == 0 || t->gas_limit > c->gas_limit_max)
		return RULE_TX_GAS;
	return RULE_NONE;
}

/* Only one transaction of a nonce is ever mined: one that replaces another
 * costs the budget what it may cost more. */
static u128
tx_cost_beyond(const struct policy_gas *g, uint64_t nonce, u128 worst)
{
	const struct policy_flight *f = &g->flight[nonce % POLICY_NONCE_AHEAD];

	if (f->nonce != nonce)
		return worst;
	return worst > f->wei ? worst - f->wei : 0;
}

static enum policy_rule
tx_budget(struct policy_gas *g, const struct wire_tx_request *t,
    uint64_t now_ms, const struct config_gas *c)
{
	bool is_new_hour = now_ms >= g->window_begin_ms &&
	    now_ms - g->window_begin_ms >= POLICY_HOUR_MS;
	u128 spent = is_new_hour ? 0 : g->window_wei;
	u128 worst, more;
	struct policy_flight *f;

	if (muldiv_u128(&worst, wire_to_u128(t->max_fee_wei), t->gas_limit, 1,
	    ROUND_CEIL) != ERR_OK)
		return RULE_TX_BUDGET;
	more = tx_cost_beyond(g, t->nonce, worst);
	if (spent > c->budget_wei_per_hour ||
	    more > c->budget_wei_per_hour - spent)
		return RULE_TX_BUDGET;
	if (is_new_hour)
		g->window_begin_ms = now_ms;
	g->window_wei = spent + more;
	f = &g->flight[t->nonce % POLICY_NONCE_AHEAD];
	if (f->nonce != t->nonce || worst > f->wei)
		*f = (struct policy_flight){ t->nonce, worst };
	return RULE_NONE;
}

enum policy_rule
policy_tx(struct policy_gas *g, const struct wire_tx_request *t,
    uint64_t now_ms, const struct config *c)
{
	enum policy_rule r;

	if (!c->has_clearing || c->gas_keystore[0] == '\0')
		return RULE_TX_DISABLED;
	if (t->chain_id != c->chain_id)
		return RULE_TX_CHAIN;
	if (t->type != TX_LEGACY && t->type != TX_FEE_MARKET)
		return RULE_TX_TYPE;
	if (t->creates != 0 || !addr_equal(&t->to, &c->clearing))
		return RULE_TX_DESTINATION;
	if (t->data_len < sizeof(selector_submit) ||
	    t->data_len > WIRE_TX_DATA ||
	    memcmp(t->data, selector_submit, sizeof(selector_submit)) != 0)
		return RULE_TX_SELECTOR;
	if (wire_to_u128(t->value_wei) != 0)
		return RULE_TX_VALUE;
	if ((r = tx_fees(t, &c->gas)) != RULE_NONE)
		return r;
	if (!g->has_nonce || t->nonce < g->next_nonce ||
	    t->nonce - g->next_nonce >= POLICY_NONCE_AHEAD)
		return RULE_TX_NONCE;
	return tx_budget(g, t, now_ms, &c->gas);
}
