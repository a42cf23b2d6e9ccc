/* Many calls in one request (JSON-RPC 2.0, section 6). */
#include "chain/rpc.h"

#include "base/hex.h"
#include "base/must.h"
#include "chain/rpc_internal.h"

#include <string.h>

#define METHOD "eth_call"

struct batch {
	struct rpc *rpc;
	struct rpc_call_one *calls;
	size_t count;
	uint64_t id[RPC_BATCH_MAX];
	bool is_answered[RPC_BATCH_MAX];
};

/* Whether the contract refused (or burnt its gas), and not the node: code 3
 * where it is a revert's own, else the words of those nodes that have
 * another. */
static bool
is_reverted(const json_t *error)
{
	static const char *const words[] = { "revert", "VM execution error",
	    "invalid opcode", "out of gas" };
	const char *what = json_string_value(json_object_get(error,
	    "message"));

	if (json_integer_value(json_object_get(error, "code")) == 3)
		return true;
	for (size_t i = 0; what && i < ARRAY_COUNT(words); i++)
		if (strcasestr(what, words[i]))
			return true;
	return false;
}

/* More bytes than there is room for are the contract's doing too: none of them
 * are kept, and the call is answered. */
static void
one_read(struct rpc_call_one *c, struct rpc *r, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const json_t *v = json_object_get(answer, "result");
	enum err e = ERR_SYNTAX;

	c->out_len = 0;
	if (json_is_object(error)) {
		c->end = is_reverted(error) ? RPC_CALL_REVERTED :
		    RPC_CALL_FAILED;
		(void)rpc_error_read(r, METHOD, error);
		return;
	}
	if (json_is_string(v))
		e = hex_to_bytes_max(c->out, &c->out_len, c->out_max,
		    json_string_value(v), json_string_length(v));
	c->end = e == ERR_OK || e == ERR_LIMIT ? RPC_CALL_ANSWERED :
	    RPC_CALL_FAILED;
	if (e != ERR_OK)
		(void)rpc_fail(r, ERR_CHAIN, METHOD, "not bytes");
}

static enum err
answer_take(struct batch *b, const json_t *answer)
{
	json_int_t id = json_integer_value(json_object_get(answer, "id"));

	for (size_t i = 0; i < b->count; i++) {
		if (id != (json_int_t)b->id[i])
			continue;
		if (b->is_answered[i])
			return rpc_fail(b->rpc, ERR_CHAIN, METHOD,
			    "an id twice");
		b->is_answered[i] = true;
		one_read(&b->calls[i], b->rpc, answer);
		return ERR_OK;
	}
	return rpc_fail(b->rpc, ERR_CHAIN, METHOD, "an unknown id");
}

static enum err
answers_take(struct batch *b, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error"), *one;
	size_t i, failed = 0;
	enum err e;

	if (json_is_object(error))
		return rpc_error_read(b->rpc, METHOD, error);
	if (json_array_size(answer) != b->count)
		return rpc_fail(b->rpc, ERR_CHAIN, METHOD,
		    "not as many answers as calls");
	json_array_foreach(answer, i, one) {
		e = answer_take(b, one);
		if (e != ERR_OK)
			return e;
	}
	for (i = 0; i < b->count; i++)
		failed += b->calls[i].end == RPC_CALL_FAILED;
	return failed == b->count ? ERR_CHAIN : ERR_OK;
}

enum err
rpc_call_many(struct rpc *r, struct rpc_call_one *calls, size_t count,
    const struct b32 *block)
{
	struct batch b = { .rpc = r, .calls = calls, .count = count };
	json_t *answer, *ask = json_array();
	enum err e;

	MUST(count >= 1 && count <= RPC_BATCH_MAX);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(ask, rpc_ask(&b.id[i], r, METHOD,
		    rpc_call_params(&calls[i].to, calls[i].data,
		    calls[i].data_len, block)));
	e = rpc_exchange(&answer, r, METHOD, ask);
	if (e != ERR_OK)
		return e;
	e = answers_take(&b, answer);
	json_decref(answer);
	return e;
}
