#include "feeds/prices_state.h"

const char *
prices_vote_name(enum prices_vote v)
{
	switch (v) {
	case VOTE_COUNTED: return "counted";
	case VOTE_SILENT: return "silent";
	case VOTE_STALE: return "stale";
	case VOTE_CROSSED: return "crossed";
	case VOTE_OUTLIER: return "outlier";
	case VOTE_SKEWED: return "skewed";
	case VOTE_UNCONVERTED: return "unconverted";
	case VOTE_DOUBTED: return "doubted";
	}
	return "unnamed";
}
