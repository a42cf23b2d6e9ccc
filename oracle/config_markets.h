/* oracle/config_markets.h - units, venues and what they tell, as one graph
 * (config*.c only). */
#ifndef ORACLE_CONFIG_MARKETS_H
#define ORACLE_CONFIG_MARKETS_H

#include "oracle/config_schema.h"

/* config_markets_read reads units and venues once the whole file was seen, and
 * checks the graph that they make. */
void config_markets_read(struct schema *s, struct config_reader *r);

#endif
