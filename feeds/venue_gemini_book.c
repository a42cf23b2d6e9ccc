/* Gemini's books; sources: see venue_gemini.c. */
#include "feeds/venue_gemini.h"

#include "feeds/venue_field.h"

void
gemini_changes_read(struct depth *d, struct json *j)
{
	json_enter_array(j);
	while (json_next_item(j)) {
		struct dec18 price = { 0 }, size = { 0 };
		bool has_price = false, has_size = false, is_bid;
		struct field_text side = { 0 };

		json_enter_array(j);
		if (json_next_item(j))
			field_read_string(j, &side);
		if (json_next_item(j))
			field_read_price(j, FIELD_STRING, 0, &has_price,
			    &price);
		if (json_next_item(j))
			field_read_size(j, FIELD_STRING, &has_size, &size);
		if (json_next_item(j))
			json_fail(j, ERR_SYNTAX);
		if (!has_size)
			json_fail(j, ERR_MISSING);
		if (j->error != ERR_OK)
			return;
		is_bid = json_text_is(&side.text, "buy");
		if (!is_bid && !json_text_is(&side.text, "sell"))
			json_fail(j, ERR_SYNTAX);
		depth_set(d, is_bid ? DEPTH_BID : DEPTH_ASK, price,
		    size.value > 0);
	}
}
