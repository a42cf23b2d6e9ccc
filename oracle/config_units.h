/* oracle/config_units.h - what the config says of units, and how its other
 * parts take a name, a unit, a pin (config*.c only). */
#ifndef ORACLE_CONFIG_UNITS_H
#define ORACLE_CONFIG_UNITS_H

#include "oracle/config_schema.h"

/* config_name_take copies a word of this file whole or not at all, and
 * config_unit_take finds a unit; false, with an error, where it is none. */
bool config_name_take(struct schema *s, char *out, size_t size,
    const char *what, const char *text, size_t len, uint32_t line,
    uint32_t column);
bool config_unit_take(struct schema *s, uint16_t *out,
    const struct prices_config *c, const struct doc_node *n, const char *name,
    size_t len);
/* config_pin_check refuses a pin of a later moment; n: a map with a
 * `pinned_at`, which may be missing. */
void config_pin_check(struct schema *s, const struct config_reader *r,
    const struct doc_node *n, const char *what, const char *name,
    uint64_t pinned_ms);
/* config_units_read reads the units once the whole file was seen, USD the first
 * of them, and finds what each wrapped one is redeemed for. */
void config_units_read(struct schema *s, struct config_reader *r);

#endif
