/* The protocols that are read where a recording has them and dialled by
 * nothing: their rows end in `retired`, the word for it in an error. */
#include "feeds/venue.h"

#include <string.h>

#include "feeds/venue_row.h"

VENUE_PARSER(bybit_realtime);
VENUE_PARSER(ftx_us);
VENUE_PARSER(huobi);

static const struct venue RETIRED[] = {
	{
		.name = "bybit-realtime", .operator_name = "bybit",
		.address = "stream.bybit.com/realtime_public",
		.parse = venue_bybit_realtime_parse,
		.retired = "no longer served",
	},
	{
		.name = "ftx-us", .operator_name = "ftx-us",
		.address = "ftx.us/ws",
		.parse = venue_ftx_us_parse,
		.retired = "no longer served",
	},
	{
		.name = "huobi", .operator_name = "huobi",
		.address = "api.huobi.pro/ws",
		.parse = venue_huobi_parse,
		.retired = "its frames are compressed, and not opened",
	},
};

const struct venue *
venue_retired_table(size_t *count)
{
	*count = ARRAY_COUNT(RETIRED);
	return RETIRED;
}

const struct venue *
venue_retired_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_COUNT(RETIRED); i++)
		if (strlen(RETIRED[i].name) == len &&
		    memcmp(RETIRED[i].name, name, len) == 0)
			return &RETIRED[i];
	return NULL;
}
