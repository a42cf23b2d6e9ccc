/* margin/method_rows.h - the functions behind the table of margin/method.h. */
#ifndef MARGIN_METHOD_ROWS_H
#define MARGIN_METHOD_ROWS_H

#include "margin/method.h"

#define METHOD_FUNCTION(name) \
	MUST_CHECK enum err name(struct requirement *out, \
	    const struct node *n, const struct point *at, \
	    enum margin_side side, struct method_work *work, \
	    struct explain *x)

METHOD_FUNCTION(method_ratio);
METHOD_FUNCTION(method_standard);
METHOD_FUNCTION(method_scenario);
METHOD_FUNCTION(method_greeks);
METHOD_FUNCTION(method_var);
METHOD_FUNCTION(method_es);

#endif
