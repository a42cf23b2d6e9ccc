/* oracle/signer_book.h - what the signer itself knows of the book: the vector
 * of prices, the tree of verdicts, and the one request that is being told.
 *
 * A request is BEGIN, its WORDs, its LEAFs, END.  Nothing of it counts before
 * its END is accepted; a request that is refused changes nothing, so the next
 * one tells the same changes again.  (is_first empties the tree even where it
 * is refused, so it is told again too, and brings every word.)  Messages are
 * checked before they are kept, and the first rule that one breaks decides the
 * whole request.
 *
 * Owns:   its tables, placed by signer_book_create; nothing is allocated
 *         afterwards.
 * Limits: BOOK_ASSETS_MAX words; `capacity` verdict slots; twice as many LEAF
 *         messages a request (a slot emptied, then filled).
 */
#ifndef ORACLE_SIGNER_BOOK_H
#define ORACLE_SIGNER_BOOK_H

#include "contracts-abi/attest.h"
#include "oracle/policy.h"

#define SIGNER_HASH_KEY 16u	/* crypto_shorthash_KEYBYTES */

struct signer_book;

/* hash_key is 16 random bytes: vault ids are a stranger's to choose, and must
 * not be able to meet in one place of the table.  ERR_LIMIT without memory. */
MUST_CHECK enum err signer_book_create(struct signer_book **out,
    uint32_t asset_count, uint32_t verdicts_max,
    const uint8_t hash_key[SIGNER_HASH_KEY]);
void signer_book_destroy(struct signer_book *b);	/* accepts NULL */

/* The references that bound each slot's next word. */
struct policy_price *signer_book_prices(struct signer_book *b);

/* signer_book_forget begins with a new engine: no vector, no tree, no request.
 * References stay. */
void signer_book_forget(struct signer_book *b);

/* The four messages of a request, in order.  Out of order they answer
 * RULE_PROTOCOL at once: *sequence is then the one to say it of (0: of none),
 * and the request is over.  RULE_NONE otherwise, whatever the content. */
enum policy_rule signer_book_begin(struct signer_book *b,
    const struct wire_begin *w, uint64_t *sequence);
enum policy_rule signer_book_word(struct signer_book *b,
    const struct wire_word *w, uint64_t *sequence);
enum policy_rule signer_book_leaf(struct signer_book *b,
    const struct wire_leaf *w, uint64_t *sequence);
enum policy_rule signer_book_end(struct signer_book *b,
    const struct wire_end *w, uint64_t *sequence);

/* After END.  The request's header as it came; */
const struct wire_begin *signer_book_request(const struct signer_book *b);
/* signer_book_accept judges words and leaves, and if all is well takes them
 * and fills in what the signer derives: pricesHash, verdictsRoot,
 * verdictCount, status and reason.  The other fields of out are left alone.
 * The request is over either way. */
enum policy_rule signer_book_accept(struct signer_book *b,
    struct attestation *out, const struct config_policy *c);
/* signer_book_drop ends the request unaccepted. */
void signer_book_drop(struct signer_book *b);

#endif
