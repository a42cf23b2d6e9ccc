/* feeds/sim_deribit.h - what the simulated Deribit says of its channels
 * (sim_deribit_say.c), towards its requests (sim_venue_deribit.c). */
#ifndef FEEDS_SIM_DERIBIT_H
#define FEEDS_SIM_DERIBIT_H

#include "feeds/sim_peer.h"

/* A channel is a word, a symbol or index, and an end.  SIM_MARK stands for a
 * perpetual's funding, SIM_INDEX for an index's price, SIM_FUNDING for its
 * volatility. */
struct sim_deribit_word {
	const char *word, *end;
	enum sim_channel channel;
};
#define SIM_DERIBIT_WORDS 7u
extern const struct sim_deribit_word sim_deribit_words[SIM_DERIBIT_WORDS];

bool sim_deribit_is_option(const struct sim_peer *p, size_t i);
/* The index of an instrument: "eth_usd" of "ETH-PERPETUAL". */
const char *sim_deribit_index(const struct sim_peer *p, size_t i,
    char out[VENUE_SYMBOL_MAX]);
/* What each channel says once it is subscribed to. */
void sim_deribit_first(struct sim_peer *p,
    const uint64_t first[SIM_CHANNELS]);
void sim_deribit_tick(struct sim_peer *p, size_t i,
    const struct sim_quote *q);
void sim_deribit_second(struct sim_peer *p);

#endif
