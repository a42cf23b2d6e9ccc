#include "oracle/metrics_text.h"

#include "base/decimal.h"

void
metrics_head(struct text *t, const char *name, const char *type, const char *help)
{
	text_printf(t, "# HELP margind_%s %s\n# TYPE margind_%s %s\n", name,
	    help, name, type);
}

void
metrics_value(struct text *t, u128 v, unsigned decimals)
{
	char buf[DECIMAL_BUF];

	decimal_from_u128(buf, v, decimals);
	text_printf(t, " %s\n", buf);
}

/* A label's value: backslash, quote and line feed escaped. */
void
metrics_label(struct text *t, const char *name, const char *value, char after)
{
	text_printf(t, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			text_put(t, "\\n");
		else if (*value == '"' || *value == '\\')
			text_printf(t, "\\%c", *value);
		else
			text_append(t, value, 1);
	}
	text_printf(t, "\"%c", after);
}
