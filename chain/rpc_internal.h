/* chain/rpc_internal.h - what rpc.c and rpc_batch.c share. */
#ifndef CHAIN_RPC_INTERNAL_H
#define CHAIN_RPC_INTERNAL_H

#include "chain/rpc.h"

#include <jansson.h>

/* rpc_fail notes what went wrong and answers e. */
enum err rpc_fail(struct rpc *r, enum err e, const char *method,
    const char *what);
/* rpc_ask packs a request, with an id of its own. */
json_t *rpc_ask(uint64_t *id, struct rpc *r, const char *method,
    json_t *params);
/* rpc_call_params: of an eth_call pinned to a block. */
json_t *rpc_call_params(const struct addr *to, const uint8_t *data,
    size_t data_len, const struct b32 *block);
/* rpc_exchange posts `ask` (which it takes; NULL is ERR_LIMIT) and reads the
 * answer, the caller's to decref. */
MUST_CHECK enum err rpc_exchange(json_t **answer, struct rpc *r,
    const char *method, json_t *ask);
/* rpc_error_read notes the message of an answer's `error`: ERR_CHAIN. */
enum err rpc_error_read(struct rpc *r, const char *method,
    const json_t *error);

#endif
