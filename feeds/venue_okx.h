/* feeds/venue_okx.h - what OKX's two files share. */
#ifndef FEEDS_VENUE_OKX_H
#define FEEDS_VENUE_OKX_H

#include "feeds/venue_message.h"

extern const struct words venue_okx_channels;

#endif
