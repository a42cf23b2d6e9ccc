/* oracle/history_internal.h - an attestation as the history keeps it. */
#ifndef ORACLE_HISTORY_INTERNAL_H
#define ORACLE_HISTORY_INTERNAL_H

#include "oracle/board.h"

void history_wire_from(struct wire_attestation *w,
    const struct board_attestation *a);
/* words: word_count x 32 bytes, at most BOOK_ASSETS_MAX (MUST). */
void history_wire_to(struct board_attestation *a,
    const struct wire_attestation *w, const void *words, size_t word_count);

#endif
