#include "chain/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_RANGE 5000u		/* blocks a query: what public nodes accept */

/* Ids by open addressing; a zero id is an empty place. */
struct id_set {
	struct b32 *id;
	size_t room, count;	/* room: a power of two */
};

struct watch {
	struct watch_config config;
	struct id_set known, changed;
	struct b32 events[CLEARING_VAULT_EVENTS];
	bool has_last;
	uint64_t last_number;
	struct b32 last_hash;
	struct addr signer[CLEARING_SIGNERS_MAX];
	size_t signer_count;
	char error[256];
};

static bool
set_place(struct id_set *s, size_t max)
{
	s->room = 2;
	while (s->room < 2 * max)
		s->room *= 2;
	s->id = calloc(s->room, sizeof(*s->id));
	return s->id != NULL;
}

static void
set_clear(struct id_set *s)
{
	memset(s->id, 0, s->room * sizeof(*s->id));
	s->count = 0;
}

static enum err
set_add(struct id_set *s, const struct b32 *id)
{
	size_t at;

	memcpy(&at, id->b, sizeof(at));
	for (at &= s->room - 1; !b32_is_zero(&s->id[at]);
	    at = (at + 1) & (s->room - 1))
		if (b32_equal(&s->id[at], id))
			return ERR_OK;
	if (s->count >= s->room / 2)
		return ERR_LIMIT;
	s->id[at] = *id;
	s->count++;
	return ERR_OK;
}

enum err
watch_create(struct watch **out, const struct watch_config *config)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return ERR_LIMIT;
	w->config = *config;
	clearing_vault_events(w->events);
	if (!set_place(&w->known, config->vaults_max) ||
	    !set_place(&w->changed, config->vaults_max)) {
		watch_destroy(w);
		return ERR_LIMIT;
	}
	*out = w;
	return ERR_OK;
}

void
watch_destroy(struct watch *w)
{
	if (!w)
		return;
	free(w->known.id);
	free(w->changed.id);
	free(w);
}

const char *
watch_error(const struct watch *w)
{
	return w->error;
}

static enum err
fail(struct watch *w, enum err e, const char *what)
{
	snprintf(w->error, sizeof(w->error), "%s", what);
	return e;
}

static enum err
fail_rpc(struct watch *w, enum err e, const struct rpc *r)
{
	return fail(w, e, rpc_error(r));
}

/* One word of the contract at a block. */
static enum err
word_read(struct b32 *out, struct watch *w, struct rpc *r,
    size_t (*encode)(uint8_t out[4]), const struct b32 *block)
{
	uint8_t ask[4], answer[32];
	size_t len;
	enum err e = rpc_call(answer, &len, sizeof(answer), r,
	    &w->config.contract, ask, encode(ask), block);

	if (e != ERR_OK)
		return fail_rpc(w, e, r);
	if (clearing_decode_word(out, answer, len) != ERR_OK)
		return fail(w, ERR_CHAIN,
		    "the contract's address holds no MarginClearing");
	return ERR_OK;
}

static enum err
signers_read(struct watch *w, struct rpc *r, const struct b32 *block)
{
	static uint8_t answer[64 + 32 * CLEARING_SIGNERS_MAX];
	uint8_t ask[4];
	size_t len;
	enum err e = rpc_call(answer, &len, sizeof(answer), r,
	    &w->config.contract, ask, clearing_encode_signer_table(ask),
	    block);

	if (e != ERR_OK)
		return fail_rpc(w, e, r);
	if (clearing_decode_signer_table(w->signer, &w->signer_count,
	    CLEARING_SIGNERS_MAX, answer, len) != ERR_OK)
		return fail(w, ERR_CHAIN, "the signer table cannot be read");
	return ERR_OK;
}

static bool
follows_contract(const struct watch *w)
{
	return !addr_is_zero(&w->config.contract);
}

enum err
watch_check(struct watch *w, struct rpc *r)
{
	struct rpc_block head;
	struct b32 book;
	uint64_t id;
	enum err e = rpc_chain_id(&id, r);

	if (e != ERR_OK)
		return fail_rpc(w, e, r);
	if (id != w->config.chain_id) {
		snprintf(w->error, sizeof(w->error),
		    "the node's chain is %llu, the config says %llu",
		    (unsigned long long)id,
		    (unsigned long long)w->config.chain_id);
		return ERR_CHAIN;
	}
	if (!follows_contract(w))
		return ERR_OK;
	e = rpc_block_latest(&head, r);
	if (e != ERR_OK)
		return fail_rpc(w, e, r);
	e = word_read(&book, w, r, clearing_encode_book, &head.hash);
	if (e != ERR_OK)
		return e;
	if (!b32_equal(&book, &w->config.book))
		return fail(w, ERR_CHAIN, "the contract clears another book");
	return signers_read(w, r, &head.hash);
}

enum err
watch_signer_bit(uint8_t *out, const struct watch *w,
    const struct addr *signer)
{
	for (size_t i = 0; i < w->signer_count; i++)
		if (addr_equal(&w->signer[i], signer)) {
			*out = (uint8_t)i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

void
watch_forget(struct watch *w)
{
	w->has_last = false;
}

static enum err
on_log(void *arg, const struct b32 *first)
{
	struct watch *w = arg;
	enum err e;

	if (b32_is_zero(first))
		return fail(w, ERR_CHAIN, "a vault without an id");
	e = set_add(&w->changed, first);
	return e == ERR_OK ? ERR_OK : fail(w, e, "more vaults than vaults_max");
}

static enum err
logs_read(struct watch *w, struct rpc *r, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at <= to; at += LOG_RANGE) {
		uint64_t until = to - at < LOG_RANGE ? to : at + LOG_RANGE - 1;
		enum err e = rpc_logs(r, &w->config.contract, w->events,
		    CLEARING_VAULT_EVENTS, at, until, on_log, w);

		if (e == ERR_LIMIT)
			return e;
		if (e != ERR_OK)
			return fail_rpc(w, e, r);
	}
	return ERR_OK;
}

static enum err
vault_read(struct watch *w, struct rpc *r, const struct b32 *id,
    const struct rpc_block *at, watch_on_vault each, void *arg)
{
	static uint8_t answer[8192];
	struct clearing_vault v;
	uint8_t ask[36];
	size_t len;
	enum err e = rpc_call(answer, &len, sizeof(answer), r,
	    &w->config.contract, ask, clearing_encode_vault_state(ask, id),
	    &at->hash);

	if (e != ERR_OK)
		return fail_rpc(w, e, r);
	if (clearing_decode_vault_state(&v, answer, len) != ERR_OK)
		return fail(w, ERR_CHAIN, "a vault's state cannot be read");
	/* One that was opened in a block taken back comes without legs. */
	return each(arg, id, &v, at->number);
}

static enum err
vaults_read(struct watch *w, struct rpc *r, const struct id_set *set,
    const struct rpc_block *at, watch_on_vault each, void *arg)
{
	for (size_t i = 0; i < set->room; i++) {
		enum err e;

		if (b32_is_zero(&set->id[i]))
			continue;
		e = vault_read(w, r, &set->id[i], at, each, arg);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* Whether the block we last saw is still the chain's. */
static enum err
last_still_stands(bool *out, struct watch *w, struct rpc *r,
    const struct rpc_block *at)
{
	struct rpc_block seen;
	enum err e;

	*out = false;
	if (!w->has_last || at->number < w->last_number)
		return ERR_OK;
	if (at->number == w->last_number + 1) {
		*out = b32_equal(&at->parent, &w->last_hash);
		return ERR_OK;
	}
	if (at->number == w->last_number) {
		*out = b32_equal(&at->hash, &w->last_hash);
		return ERR_OK;
	}
	e = rpc_block_at(&seen, r, w->last_number);
	if (e != ERR_OK)
		return fail_rpc(w, e, r);
	*out = b32_equal(&seen.hash, &w->last_hash);
	return ERR_OK;
}

static enum err
changes_read(struct watch *w, struct rpc *r, const struct rpc_block *at,
    bool stands, watch_on_vault each, void *arg)
{
	enum err e;

	set_clear(&w->changed);
	e = logs_read(w, r, stands ? w->last_number + 1 :
	    w->config.from_block, at->number);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < w->changed.room; i++)
		if (!b32_is_zero(&w->changed.id[i]) &&
		    set_add(&w->known, &w->changed.id[i]) != ERR_OK)
			return fail(w, ERR_LIMIT,
			    "more vaults than vaults_max");
	/* After a reorganisation also those whose logs are gone. */
	return vaults_read(w, r, stands ? &w->changed : &w->known, at, each,
	    arg);
}

/* What the contract says at a block: its changed vaults, then its rules. */
static enum err
contract_read(bool *rules_match, struct watch *w, struct rpc *r,
    const struct rpc_block *at, bool stands, watch_on_vault each, void *arg)
{
	struct b32 rules;
	enum err e = changes_read(w, r, at, stands, each, arg);

	if (e == ERR_OK)
		e = word_read(&rules, w, r, clearing_encode_rules_hash,
		    &at->hash);
	if (e == ERR_OK)
		*rules_match = b32_equal(&rules, &w->config.rules_hash);
	return e;
}

enum err
watch_step(struct watch_block *out, struct watch *w, struct rpc *r,
    watch_on_vault each, void *arg)
{
	struct rpc_block at;
	bool stands, had = w->has_last, rules_match = true;
	enum err e = rpc_block_latest(&at, r);

	if (e == ERR_OK && w->config.depth > 0)
		e = at.number < w->config.depth ? ERR_UNKNOWN :
		    rpc_block_at(&at, r, at.number - w->config.depth);
	if (e != ERR_OK)
		return e == ERR_UNKNOWN ? e : fail_rpc(w, e, r);
	if (had && at.number == w->last_number &&
	    b32_equal(&at.hash, &w->last_hash))
		return ERR_UNKNOWN;
	e = last_still_stands(&stands, w, r, &at);
	if (e != ERR_OK)
		return e;
	if (follows_contract(w))
		e = contract_read(&rules_match, w, r, &at, stands, each, arg);
	if (e != ERR_OK)
		return e;
	w->has_last = true;
	w->last_number = at.number;
	w->last_hash = at.hash;
	*out = (struct watch_block){
		.number = at.number, .hash = at.hash,
		.time_ms = at.time_s * 1000, .base_fee_wei = at.base_fee_wei,
		.rules_match = rules_match,
		.was_reorganised = had && !stands,
	};
	return ERR_OK;
}
