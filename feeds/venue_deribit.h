/* feeds/venue_deribit.h - what Deribit's two files share. */
#ifndef FEEDS_VENUE_DERIBIT_H
#define FEEDS_VENUE_DERIBIT_H

#include "feeds/venue_message.h"

#define DVOL "dvol."	/* before the symbol of a volatility index */
#define DVOL_LEN (sizeof(DVOL) - 1)

extern const struct words venue_deribit_channels;

#endif
