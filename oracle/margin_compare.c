#include "oracle/margin_compare.h"

#include "oracle/margin_table.h"

#include <stdio.h>

void
margin_compare(struct margin_compared *out, const struct study *s,
    const struct margin_row *own)
{
	out->has_strictest = false;
	for (unsigned m = METHOD_RATIO; m < MARGIN_METHODS; m++) {
		struct margin_row *row = &out->row[m];

		if ((enum margin_method)m == own->result.method)
			*row = *own;
		else
			margin_row_of(row, s, own->slot,
			    (enum margin_method)m);
		if (!row->has_figures || (out->has_strictest && usd18_compare(
		    row->result.mid.excess, out->row[out->strictest].result.
		    mid.excess) >= 0))
			continue;
		out->has_strictest = true;
		out->strictest = (enum margin_method)m;
	}
}

/* A method that says nothing of the vault has no state either. */
static const char *
state_of(const struct margin_row *row)
{
	return row->error == ERR_STATE ? NULL :
	    vault_state_name(row->result.state);
}

void
margin_compare_json(struct text *t, const struct study *s,
    const struct margin_compared *c)
{
	char buf[MARGIN_ABOUT_BUF];

	text_put(t, ",\"methods\":{");
	for (unsigned m = METHOD_RATIO; m < MARGIN_METHODS; m++) {
		const struct margin_row *row = &c->row[m];
		const struct requirement *q = &row->result.mid.binding;
		const char *state = state_of(row);

		text_printf(t, "%s\"%s\":{\"state\":", m ? "," : "",
		    margin_method_name((enum margin_method)m));
		if (state)
			text_printf(t, "\"%s\"", state);
		else
			text_put(t, "null");
		margin_json_values(t, row);
		json_key_text(t, "binding", margin_binding(s, row));
		json_key_text(t, "because", row->has_figures ? q->binding :
		    NULL);
		json_key_text(t, "at", row->has_figures ?
		    margin_about_name(buf, s, q->about, q->index) : NULL);
		text_put(t, "}");
	}
	text_put(t, "}");
	json_key_text(t, "strictest", c->has_strictest ?
	    margin_method_name(c->strictest) : NULL);
}

void
margin_compare_head(int name_width)
{
	printf("%-*s    %-8s  %-12s  %14s  %14s  %16s  %16s  %s\n", name_width,
	    "VAULT", "METHOD", "STATE", "INITIAL", "MAINTENANCE",
	    "INITIAL EXCESS", "EXCESS", "BECAUSE");
}

static void
compare_row(const struct study *s, const struct margin_row *row,
    const char *name, int name_width, bool is_strictest)
{
	char initial[CELL] = "-", maintenance[CELL] = "-", buf[MARGIN_ABOUT_BUF];
	char initial_excess[CELL] = "-", excess[CELL] = "-";
	const struct requirement *q = &row->result.mid.binding;
	const char *state = state_of(row), *why = NULL, *at = NULL;

	if (row->has_figures) {
		cell_usd(initial, row->result.initial.requirement);
		cell_usd(maintenance, row->result.mid.requirement);
		cell_usd(initial_excess, row->result.initial.excess);
		cell_usd(excess, row->result.mid.excess);
		why = q->binding;
		at = margin_about_name(buf, s, q->about, q->index);
	}
	printf("%-*s  %c %-8s  %-12s  %14s  %14s  %16s  %16s  %s%s%s\n",
	    name_width, name, is_strictest ? '*' : ' ',
	    margin_method_name(row->result.method), state ? state : "-",
	    initial, maintenance, initial_excess, excess, why ? why : "",
	    at ? ": " : "", at ? at : "");
}

void
margin_compare_table(const struct study *s, const struct margin_compared *c,
    int name_width)
{
	for (unsigned m = METHOD_RATIO; m < MARGIN_METHODS; m++)
		compare_row(s, &c->row[m], m == METHOD_RATIO ?
		    s->input->book.vaults[c->row[m].slot].name : "",
		    name_width, c->has_strictest &&
		    c->strictest == (enum margin_method)m);
}
