/* feeds/venue_entry.h - tickers and trades as tables: which key of an entry is
 * which part of a tick.  Pure.
 *
 * Errors stick in the reader (venue_field.h); ERR_MISSING where an entry lacks
 * its symbol or a part that it needs, ERR_DUPLICATE where a part comes twice.
 */
#ifndef FEEDS_VENUE_ENTRY_H
#define FEEDS_VENUE_ENTRY_H

#include "feeds/venue_field.h"

/* What a value is a part of.  A part that comes twice is ERR_DUPLICATE, under
 * whatever keys. */
enum part {
	PART_NONE,	/* of an array: an item that is passed over */
	PART_SYMBOL, PART_BID, PART_ASK, PART_LAST, PART_SIZE,
	PART_TIME,	/* the tick's */
	PART_EVENT,	/* the frame's; the tick's where it has none */
	PART_SEQUENCE,
	PART_MARK, PART_INDEX, PART_INTEREST, PART_FORWARD,
	PART_VOL, PART_VOL_PERCENT,	/* the same, as 0.65 or 65 */
	PART_DELTA, PART_GAMMA, PART_VEGA, PART_THETA, PART_RHO,
	PART_GREEKS,	/* an object of them, by these names */
	PART_FUNDING,	/* a rate of the entry's rate_ms, or of */
	PART_HOURS,	/* so many, */
	/* or from one of its settlements to the next: before the rate's own,
	 * that, and after it, */
	PART_FUNDED_BEFORE, PART_FUNDED, PART_FUNDED_NEXT,
	PART_INTERVAL,	/* or since the year 2000 */
	PART_NAME,	/* of the whole message: known already */
	PART_STRANGE,	/* of another message that has the same name */
};
#define PART_BIT(part) (UINT32_C(1) << (part))
#define PARTS_TRADED (PART_BIT(PART_LAST) | PART_BIT(PART_TIME))
#define PARTS_QUOTED (PART_BIT(PART_BID) | PART_BIT(PART_ASK))

/* part_side reads a side of a book that is no plain price. */
typedef void part_side(struct json *j, bool is_bid, bool *has,
    struct dec18 *best);
/* [["price","size",...],...], where a level of size 0 is none.  One: at most
 * that one (ERR_LIMIT).  Best: of exact levels the highest bid, the lowest
 * ask. */
part_side part_side_one, part_side_best;

struct part_row {
	const char *key;	/* NULL: an item of an array */
	uint8_t key_len;
	uint8_t part;		/* enum part */
	uint8_t form;		/* enum field_form */
	uint8_t none;		/* FIELD_NONE_..., of prices */
	part_side *side;	/* NULL: a price as form says */
};
#define PART_ROW_OR(text, part, form, none) \
	{ (text), sizeof(text) - 1, (part), (form), (none), NULL }
#define PART_ROW(text, part, form) PART_ROW_OR(text, part, form, 0)
/* A side of a book without orders is an empty string; a zero is refused. */
#define NO_SIDE FIELD_NONE_EMPTY
#define PART_SIDE(text, part, read) \
	{ (text), sizeof(text) - 1, (part), FIELD_STRING, 0, (read) }
#define PART_ITEM(part, form, none) { NULL, 0, (part), (form), (none), NULL }

struct entry {
	const struct part_row *rows;	/* ENTRY_ROWS */
	uint8_t row_count;
	bool is_list;		/* the payload is an array of such entries */
	bool is_array;		/* an entry is an array: a row an item */
	bool is_contract;	/* the ticks have contract data alone */
	uint32_t needed;	/* PART_BITs */
	uint32_t rate_ms;	/* of a funding rate, where no message says its
				 * interval; 0: such a rate says nothing */
	bool tells_once;	/* how long a rate's interval is: it is kept in
				 * the memory; a rate before it says nothing */
	bool is_measured;	/* so long as from one PART_FUNDED to the next,
				 * which the memory keeps */
	/* Called with a tick that is read, or NULL; it may take it away. */
	void (*finish)(struct frame *f, struct json *j, struct tick *t);
};
#define ENTRY_ROWS(table) .rows = (table), .row_count = ARRAY_COUNT(table)

/* entries_read reads the payload to come, each entry into a tick of f; symbol
 * stands for entries without their own (NULL: none does). */
void entries_read(struct frame *f, struct json *j, const struct entry *e,
    const struct json_text *symbol);

/* entry_name_option, for an entry's finish: the option that the symbol names
 * (contract_name_option). */
void entry_name_option(struct frame *f, struct json *j, struct tick *t);
/* The last price is that of an index, or one of volatility in percent, whose
 * symbol gets the prefix that tells it from an index (CONTRACT_VOLATILITY). */
void entry_take_index(struct frame *f, struct json *j, struct tick *t);
void entry_take_volatility(struct frame *f, struct json *j, struct tick *t);

/* The same for a message that is an entry itself and whose object is entered;
 * is_named: its name was read, and what follows is its other keys; key: that
 * whose value comes next, or NULL.  False where it is another message of that
 * name (PART_STRANGE); nothing was added then. */
bool entry_read_rest(struct frame *f, struct json *j, const struct entry *e,
    bool is_named, const struct json_text *key);

#endif
