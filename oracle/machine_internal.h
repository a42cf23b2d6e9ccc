/* oracle/machine_internal.h - the machine's own rooms, for machine*.c only.
 *
 *   machine.c          creation; one input at a time
 *   machine_prices.c   ticks -> prices -> words -> market
 *   machine_kept.c     what outlives a life: slow companions, volatilities,
 *                      correlations, listings, contradicted rates
 *   machine_wire.c     vaults as messages
 *   machine_vaults.c   vaults in, and the tree of their positions
 *   machine_portfolio.c  of them those with positions
 *   machine_surface.c  forwards, volatilities and marks of contracts
 *   machine_verdicts.c market -> verdicts -> leaves, slots, aggregate
 *   machine_request.c  cadence, the request to the signer, its answer
 *   machine_snapshot.c a book in one given market, without ticks
 */
#ifndef ORACLE_MACHINE_INTERNAL_H
#define ORACLE_MACHINE_INTERNAL_H

#include "oracle/machine.h"

/* machine_prices_close computes every unit's price at now_ms and the word of
 * every asset; returns a bit per asset whose price differs from before. */
u128 machine_prices_close(struct machine *m);

/* machine_kept_begin: which units are followed.  _close, after the prices, goes
 * on to now_ms, and says to the journal what it is to remember; a bit per
 * asset whose slow companion moved.  _unit, _market and _rate: what an earlier
 * life knew; ERR_UNKNOWN for what is none of ours now. */
void machine_kept_begin(struct machine *m);
u128 machine_kept_close(struct machine *m, const struct machine_output *o);
MUST_CHECK enum err machine_kept_unit(struct machine *m,
    const struct wire_memory_unit *w);
MUST_CHECK enum err machine_kept_market(struct machine *m,
    const struct wire_memory_market *w);
MUST_CHECK enum err machine_kept_rate(struct machine *m,
    const struct wire_memory_rate *w);

/* machine_vault_from_wire, machine_portfolio_from_wire: ERR_LIMIT for counts
 * beyond the message's; ERR_UNKNOWN for `ratio` in a WIRE_PORTFOLIO. */
MUST_CHECK enum err machine_vault_from_wire(struct vault *out,
    const struct wire_vault *w);
MUST_CHECK enum err machine_portfolio_from_wire(struct vault *out,
    struct position positions[WIRE_POSITIONS], const struct wire_portfolio *w);
/* machine_vault_put: errors as vaults_put.  whole, NULL of a vault of tokens
 * alone: the same vault with its positions, for which there is a row (MUST);
 * a reader sees both or neither. */
MUST_CHECK enum err machine_vault_put(struct machine *m, uint32_t *slot,
    const struct vault *v, const struct vault *whole,
    const struct position *positions);
/* machine_vault_touch: the vault is valued at the next CLOSE, whatever moves. */
void machine_vault_touch(struct machine *m, uint32_t slot);
/* machine_vaults_close makes the position leaves of what was put. */
void machine_vaults_close(struct machine *m);

/* Vaults with positions.  _put: errors as portfolio_put and vaults_put; _write
 * what it looked at, within the guard of the slot; _forget before the vault in a
 * slot is replaced; _positions: where they lie, and how
 * many; _value: the verdict in full, noted; _move, after the prices, and _next:
 * margin/portfolio_reach.h by vault slots. */
MUST_CHECK enum err machine_portfolio_create(struct machine *m,
    const struct book *from);
void machine_portfolio_destroy(struct machine *m);
MUST_CHECK enum err machine_portfolio_put(struct machine *m,
    const struct vault *v, const struct position *positions);
void machine_portfolio_write(struct machine *m, uint32_t slot,
    const struct vault *v, const struct position *positions);
void machine_portfolio_forget(struct machine *m, uint32_t slot);
uint32_t machine_portfolio_positions(const struct machine *m,
    const struct vault *v, const struct position **out);
void machine_portfolio_value(struct machine *m, struct verdict *out,
    const struct vault *v);
void machine_portfolio_move(struct machine *m);
uint32_t machine_portfolio_next(struct machine *m,
    uint32_t slot[PORTFOLIO_REACH_BATCH]);

/* Forwards, slices and marks (oracle/terms.h): ERR_UNKNOWN for a unit or
 * instrument that is not there, else the errors of terms_take_*.  _close, after
 * the prices, brings them into the portfolios' market. */
MUST_CHECK enum err machine_surface_create(struct machine *m,
    const struct book *from);
void machine_surface_destroy(struct machine *m);
MUST_CHECK enum err machine_surface_forward(struct machine *m,
    const struct wire_forward *w);
MUST_CHECK enum err machine_surface_slice(struct machine *m,
    const struct wire_slice *w);
MUST_CHECK enum err machine_surface_mark(struct machine *m,
    const struct wire_mark *w);
void machine_surface_close(struct machine *m);

/* machine_verdicts_close values what was touched and what a price may have
 * moved across a threshold; `moved`, a bit per asset. */
void machine_verdicts_close(struct machine *m, u128 moved);
/* machine_verdicts_flush brings what was decided into the tree.  Not needed to
 * ask the signer, who has a tree of its own. */
void machine_verdicts_flush(struct machine *m);
/* machine_verdicts_refresh values leaves that are a second old anew, in turn,
 * max at most. */
void machine_verdicts_refresh(struct machine *m, uint32_t max);

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

/* machine_request_close asks the signer, if the cadence says so. */
void machine_request_close(struct machine *m, const struct machine_output *o);
MUST_CHECK enum err machine_request_signed(struct machine *m,
    const struct wire_signed *w, const struct machine_output *o);
MUST_CHECK enum err machine_request_rejected(struct machine *m,
    const struct wire_rejected *w);
MUST_CHECK enum err machine_request_paused(struct machine *m,
    const struct wire_paused *w, const struct machine_output *o);

#endif
