#include "base/price.h"

const char *
price_status_name(enum price_status s)
{
	switch (s) {
	case PRICE_OK: return "OK";
	case PRICE_DEGRADED: return "DEGRADED";
	case PRICE_REFUSED: return "REFUSED";
	}
	return "UNNAMED";
}

const char *
price_reason_name(uint32_t reason)
{
	switch (reason) {
	case REASON_NONE: return "NONE";
	case REASON_QUORUM: return "QUORUM";
	case REASON_STALE: return "STALE";
	case REASON_BAND: return "BAND";
	case REASON_DISPERSION: return "DISPERSION";
	case REASON_SKEW: return "SKEW";
	case REASON_BOUND: return "BOUND";
	case REASON_UNIT: return "UNIT";
	case REASON_IDENTITY: return "IDENTITY";
	case REASON_RATE: return "RATE";
	case REASON_CLOCK: return "CLOCK";
	case REASON_HEAD: return "HEAD";
	case REASON_RULES: return "RULES";
	case REASON_PAUSED: return "PAUSED";
	}
	return "UNNAMED";
}
