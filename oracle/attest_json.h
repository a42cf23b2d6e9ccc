/* oracle/attest_json.h - an attestation as JSON, in the shape that wallet
 * libraries verify as it stands (DESIGN section 6): ethers'
 * verifyTypedData(domain, types, message, signature).
 *
 * Numbers are decimal strings, bytes 0x hex, signatures r, s, v (65 bytes).
 */
#ifndef ORACLE_ATTEST_JSON_H
#define ORACLE_ATTEST_JSON_H

#include "contracts-abi/attest.h"
#include "oracle/doc.h"
#include "oracle/sig.h"
#include "oracle/text.h"

#define ATTEST_JSON_SIGNATURES_MAX 32u
#define ATTEST_JSON_MAX (32u * 1024u)	/* of one, without siblings */

struct attest_signature {
	struct addr signer;
	struct sig_compact signature;
};

/* attest_json_fields adds "domain" to "signatures" without the braces, so that
 * a caller can add siblings. */
void attest_json_fields(struct text *t, const struct eip712_domain *d,
    const struct attestation *a, const struct b32 *digest,
    const struct attest_signature *signatures, size_t count);
/* attest_json adds the whole object. */
void attest_json(struct text *t, const struct eip712_domain *d,
    const struct attestation *a, const struct b32 *digest,
    const struct attest_signature *signatures, size_t count);

/* Leaves as objects, fields in the order of their encoding. */
void attest_json_verdict(struct text *t, const struct verdict_leaf *l);
void attest_json_position(struct text *t, const struct position_leaf *l);

/* What attest_json_read finds. */
struct attest_read {
	struct eip712_domain domain;
	struct attestation message;
	struct b32 digest;
	size_t signature_count;
	struct attest_signature signature[ATTEST_JSON_SIGNATURES_MAX];
};
/* attest_json_read reads an object of this shape; other keys beside it are
 * allowed.  Errors go to `errors`.  Nothing is checked but the form. */
MUST_CHECK enum err attest_json_read(struct attest_read *out,
    const struct doc *doc, const struct doc_node *n,
    struct doc_errors *errors);

#endif
