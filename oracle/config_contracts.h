/* oracle/config_contracts.h - what venues tell of contracts, and whether they
 * can be dialled (config*.c only). */
#ifndef ORACLE_CONFIG_CONTRACTS_H
#define ORACLE_CONFIG_CONTRACTS_H

#include "oracle/config_schema.h"

/* config_contracts_read reads the instruments and options of the venue that was
 * read last, from its node n. */
void config_contracts_read(struct schema *s, struct config_reader *r,
    const struct doc_node *n);
/* config_dials_check says what keeps a venue from being dialled. */
void config_dials_check(struct schema *s, struct config_reader *r);

#endif
