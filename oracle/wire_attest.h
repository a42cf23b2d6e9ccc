/* oracle/wire_attest.h - an attestation as a message, and back. */
#ifndef ORACLE_WIRE_ATTEST_H
#define ORACLE_WIRE_ATTEST_H

#include "contracts-abi/attest.h"
#include "oracle/wire.h"

/* wire_attestation_fill makes the whole message: header, digest, signature
 * and how many words follow or belong to it. */
void wire_attestation_fill(struct wire_attestation *out,
    const struct attestation *a, const struct b32 *digest,
    const struct wire_signature *signature, uint32_t word_count);
/* wire_attestation_header reads the header out of it. */
void wire_attestation_header(struct attestation *out,
    const struct wire_attestation *w);

#endif
