#include "chain/quotes.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

enum state { LIVE, MISSING, REFUSED, DONE };

struct entry {
	enum state state;
	enum quote_refusal refusal;
	struct quote quote;
	struct quote_work work;
};

struct quotes {
	size_t room;
	/* One request: its calls, and whose they are. */
	size_t pending_count;
	struct rpc_call_one pending[RPC_BATCH_MAX];
	struct entry *owner[RPC_BATCH_MAX];
	struct quote_call *call[RPC_BATCH_MAX];
	struct entry entry[];
};

enum err
quotes_create(struct quotes **out, size_t count)
{
	struct quotes *q;

	if (count > QUOTES_MAX)
		return ERR_LIMIT;
	q = calloc(1, sizeof(*q) + count * sizeof(q->entry[0]));
	if (!q)
		return ERR_LIMIT;
	q->room = count;
	*out = q;
	return ERR_OK;
}

void
quotes_destroy(struct quotes *q)
{
	free(q);
}

/* Sends what is pending.  A call that the node cannot make leaves its quote
 * unknown; that one of them is so spoils no other. */
static enum err
pending_send(struct quotes *q, struct rpc *r, const struct b32 *block)
{
	enum err e;

	if (q->pending_count == 0)
		return ERR_OK;
	e = rpc_call_many(r, q->pending, q->pending_count, block);
	if (e != ERR_OK && e != ERR_CHAIN)
		return e;
	for (size_t i = 0; i < q->pending_count; i++) {
		if (e != ERR_OK || q->pending[i].end == RPC_CALL_FAILED) {
			q->owner[i]->state = MISSING;
			continue;
		}
		q->call[i]->was_answered = q->pending[i].end ==
		    RPC_CALL_ANSWERED;
		q->call[i]->answer_len = q->pending[i].out_len;
	}
	q->pending_count = 0;
	return ERR_OK;
}

static enum err
entry_ask(struct quotes *q, struct entry *n, struct rpc *r,
    const struct b32 *block)
{
	quote_ask(&n->work);
	if (n->work.call_count == 0)
		n->state = DONE;
	for (size_t i = 0; i < n->work.call_count; i++) {
		struct quote_call *c = &n->work.call[i];
		enum err e;

		if (q->pending_count == RPC_BATCH_MAX &&
		    (e = pending_send(q, r, block)) != ERR_OK)
			return e;
		q->owner[q->pending_count] = n;
		q->call[q->pending_count] = c;
		q->pending[q->pending_count++] = (struct rpc_call_one){
			.to = c->to, .data = c->data, .data_len = c->data_len,
			.out = c->answer, .out_max = sizeof(c->answer) };
	}
	return ERR_OK;
}

static enum err
round_run(struct quotes *q, struct rpc *r, size_t count,
    const struct b32 *block)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < count && e == ERR_OK; i++)
		if (q->entry[i].state == LIVE)
			e = entry_ask(q, &q->entry[i], r, block);
	if (e == ERR_OK)
		e = pending_send(q, r, block);
	q->pending_count = 0;
	for (size_t i = 0; i < count && e == ERR_OK; i++) {
		struct entry *n = &q->entry[i];

		if (n->state != LIVE)
			continue;
		n->refusal = quote_take(&n->quote, &n->work);
		if (n->refusal != QUOTE_OK)
			n->state = REFUSED;
	}
	return e;
}

enum err
quotes_read(struct quotes *q, struct rpc *r, struct quotes_item *items,
    size_t count, const struct b32 *block, uint64_t block_s)
{
	size_t missing = 0;
	enum err e = ERR_OK;

	MUST(count <= q->room);
	for (size_t i = 0; i < count; i++) {
		q->entry[i].state = LIVE;
		quote_begin(&q->entry[i].work, items[i].source, block_s);
	}
	/* One more than there are: the last finds them all complete. */
	for (unsigned i = 0; i <= QUOTE_ROUNDS_MAX && e == ERR_OK; i++)
		e = round_run(q, r, count, block);
	for (size_t i = 0; i < count; i++)
		missing += q->entry[i].state == MISSING;
	if (e == ERR_OK && count > 0 && missing == count)
		e = ERR_CHAIN;
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < count; i++) {
		items[i].is_missing = q->entry[i].state == MISSING;
		items[i].refusal = q->entry[i].refusal;
		items[i].quote = q->entry[i].quote;
	}
	return ERR_OK;
}
