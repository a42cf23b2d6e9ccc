#include "feeds/sim_venues.h"

#include <string.h>

const struct sim_protocol *
sim_protocol_find(const char *name)
{
	static const struct sim_protocol *const all[] = {
		&sim_coinbase, &sim_kraken, &sim_kraken_v1,
		&sim_kraken_futures, &sim_binance, &sim_binance_us,
		&sim_binance_usdm, &sim_binance_usdm_market, &sim_bybit,
		&sim_bybit_linear, &sim_okx, &sim_okcoin, &sim_deribit,
		&sim_bitmex, &sim_kucoin, &sim_gateio, &sim_cryptocom,
		&sim_gemini, &sim_bitstamp, &sim_bitfinex,
		&sim_coinbase_exchange,
	};

	for (size_t i = 0; i < ARRAY_COUNT(all); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}
