/* oracle/machine_state.h - what the machine holds: its tables and lists, sized
 * at creation, and what all who work on it need (machine*.c; others read it).
 *
 * Units:  as wire.h; times Unix ms.
 * Owns:   the memory of struct machine; its portfolios are machine_portfolio's,
 *         its terms machine_surface's.
 */
#ifndef ORACLE_MACHINE_STATE_H
#define ORACLE_MACHINE_STATE_H

#include "base/merkle.h"
#include "contracts-abi/attest.h"
#include "feeds/prices.h"
#include "feeds/slow.h"
#include "margin/aggregate.h"
#include "margin/book.h"
#include "margin/ewma.h"
#include "margin/market.h"
#include "margin/portfolio_reach.h"
#include "margin/verdict.h"
#include "margin/reach.h"
#include "oracle/config.h"
#include "oracle/policy.h"
#include "oracle/portfolio.h"
#include "oracle/slots.h"
#include "oracle/tables.h"
#include "oracle/terms.h"
#include "oracle/wire.h"

#define MACHINE_NO_SLOT TABLES_NO_SLOT

struct machine_output {
	void (*emit)(void *arg, const void *message, size_t size);
	void *arg;
};

/* A vault that came into the tree at this CLOSE, as it was valued then: said
 * in full once, not twice. */
#define MACHINE_CROSSED 16u
struct machine_crossed {
	uint32_t slot;
	struct vault vault;
	struct verdict verdict;
};

/* What is known of units and listings beyond their last ticks: it outlives the
 * engine (oracle/machine_kept.h). */
struct machine_unit {
	uint16_t unit;		/* of the config */
	struct slow slow;
	uint64_t sample_ms;	/* 0: none yet */
	struct px18 sample;
	struct ewma ewma;
	bool has_return;	/* in the period that just ended */
	struct num18 last_return;
};
struct machine_kept {
	struct b32 units;		/* of their names */
	uint32_t unit_count;		/* those that a price of the book's
					 * assets comes from */
	struct machine_unit unit[WIRE_UNITS];
	/* Of i and j < i: pair[i (i - 1) / 2 + j]. */
	struct ewma_pair pair[WIRE_PAIRS];
	struct b32 market_name[PRICES_MARKETS_MAX];
	uint64_t due_ms;		/* when the next round begins */
	uint32_t next;			/* of this round; all: it is over */
	uint64_t doubts;		/* prices.doubts, as it was then */
	uint64_t apart_ms[PRICES_UNITS_MAX];	/* prices.apart_ms, as it was
						 * said last */
	uint64_t samples;		/* rises with each, */
	uint64_t version;		/* and with each step of a companion */
	uint64_t closed_ms;		/* the CLOSE before this one */
};

struct machine {
	const struct config *config;
	struct eip712_domain domain;
	struct b32 domain_separator;
	struct b32 rules_hash;
	struct b32 inputs_hash;

	struct book book;		/* assets, rules, modes; no vaults */
	struct prices prices;
	struct machine_kept kept;
	struct market market;
	struct aggregate aggregate;

	/* The vaults, and what is known of each (oracle/tables.h). */
	struct tables tables;
	struct tables_guard guard;
	bool owns_tables;
	struct vaults vaults;
	struct reach reach;
	void *reach_arena;
	struct portfolio *portfolio;	/* those with positions; NULL: the book
					 * has no instruments */
	struct portfolio_reach portfolio_reach;	/* by row */
	struct terms *terms;		/* forwards, volatilities, marks */
	struct terms_rules terms_rules;
	struct terms_index terms_index;	/* the units' prices, and */
	uint16_t *mark_unit;		/* each instrument's underlying */
	void *portfolio_arena;
	size_t portfolio_arena_bytes;
	uint32_t *touched;		/* vaults to value, each once: put or
					 * struck by a refused price */
	uint32_t touched_count;
	uint64_t *is_touched;		/* a bit by vault slot */
	uint32_t *crossing;		/* vaults that changed their state at
					 * this CLOSE, each once */
	uint32_t crossing_count;
	struct machine_crossed crossed[MACHINE_CROSSED];
	uint32_t crossed_count;
	uint64_t *is_crossing;		/* a bit by vault slot */
	uint32_t *put;			/* position leaves to be made anew */
	uint32_t put_count;
	uint64_t *is_put;		/* a bit by vault slot */
	uint64_t *has_value;		/* a bit by vault slot: it was valued */
	u128 refused;			/* a bit by asset: its price is */

	struct merkle positions;	/* slot = vault slot */
	struct merkle verdicts;		/* slot = verdict slot */
	struct slots slots;		/* who has which verdict slot */
	uint32_t *verdict_told;		/* vault slot by verdict slot, as the
					 * signer has it, or NO_SLOT */
	uint32_t waiting, waiting_next;	/* vaults without a slot that want one;
					 * where to look for the next */
	uint32_t refresh_next;		/* the verdict slot whose turn it is */
	/* Leaves of this CLOSE on their way into the tree, each slot once. */
	uint32_t *stored;
	struct b32 *stored_hash;
	bool *is_stored;		/* by verdict slot */
	uint32_t stored_count;

	/* Price words by asset slot: as computed, and as they may be signed. */
	struct b32 proposed[BOOK_ASSETS_MAX];
	struct b32 word[BOOK_ASSETS_MAX];
	struct b32 sent[BOOK_ASSETS_MAX];	/* proposed, as the signer has it */
	struct policy_price bound[BOOK_ASSETS_MAX];

	/* Verdict slots that differ from what the signer has, each once; those
	 * of the request in flight are moved to pending_dirty until
	 * answered. */
	uint32_t *dirty, *pending_dirty, *pending_owner;
	uint32_t dirty_count, pending_dirty_count;
	bool *is_dirty;

	uint64_t now_ms;		/* of the last CLOSE */
	bool has_block, is_head_bad, is_rules_bad;
	struct wire_block block;

	/* The signer. */
	bool is_ready, is_paused, is_first, in_flight;
	uint64_t next_sequence;
	struct attestation pending, last;	/* asked for; signed */
	struct b32 pending_digest;
	bool has_last;
	struct b32 pending_proposed[BOOK_ASSETS_MAX];
	struct b32 pending_word[BOOK_ASSETS_MAX];
	struct b32 last_word[BOOK_ASSETS_MAX];
	struct wad last_ratio;		/* aggregate, at the last request */
	bool is_crossed;		/* a state changed since the last request */
	bool is_diverged;		/* the signer signed something else */

	/* For metrics and logs. */
	uint64_t ticks, closes, requests, signatures, rejections, mismatches,
	    evaluations, late_inputs;
	uint32_t last_rejection;	/* enum policy_rule */
};

/* machine_tables_size: of the tables that a machine of this config works in. */
struct tables_size machine_tables_size(const struct config *c);
/* machine_state_take: the tables, given ones or the machine's own, and what
 * works on them; the config and the book's assets are there.  ERR_LIMIT where
 * they do not fit in memory.  _free frees what was taken, be it half of it. */
MUST_CHECK enum err machine_state_take(struct machine *m,
    const struct tables *given);
void machine_state_free(struct machine *m);

static inline bool
machine_bit(const uint64_t *bits, uint32_t slot)
{
	return (bits[slot / 64] >> (slot % 64) & 1) != 0;
}

static inline void
machine_bit_set(uint64_t *bits, uint32_t slot, bool on)
{
	uint64_t bit = UINT64_C(1) << (slot % 64);

	bits[slot / 64] = on ? bits[slot / 64] | bit : bits[slot / 64] & ~bit;
}

static inline void
machine_guard_vault(const struct machine *m, uint32_t slot, bool begins)
{
	if (m->guard.vault)
		m->guard.vault(m->guard.arg, slot, begins);
}

static inline void
machine_guard_tree(const struct machine *m, enum tables_tree which,
    bool begins)
{
	if (m->guard.tree)
		m->guard.tree(m->guard.arg, which, which == TABLES_POSITIONS ?
		    &m->positions : &m->verdicts, begins);
}

#endif
