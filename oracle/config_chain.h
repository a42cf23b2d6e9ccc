/* oracle/config_chain.h - what the config says of sources on a chain (config*.c
 * only). */
#ifndef ORACLE_CONFIG_CHAIN_H
#define ORACLE_CONFIG_CHAIN_H

#include "oracle/config_schema.h"

/* config_source_take makes a market's source of what its row says, and refuses
 * what its venue has no use for. */
void config_source_take(struct schema *s, struct quote_source *out,
    const struct config_source_row *row, const struct venue *venue,
    const struct doc_node *n);
/* config_rates_read reads chain: rates: once the units are known;
 * config_chain_check is what must hold between sources and the chain. */
void config_rates_read(struct schema *s, struct config_reader *r);
void config_chain_check(struct schema *s, const struct config_reader *r);

#endif
